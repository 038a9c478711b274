/** A server that takes no write. */
export class Refusing extends EventTarget {
  constructor() {
    super();
    queueMicrotask(() => this.dispatchEvent(new Event('open')));
  }
  send(text: string): void {
    const { type, id, topic } = JSON.parse(text) as { type: string; id?: number; topic?: string };
    if (type === 'ping') this.#say({ type: 'pong', hello: { v: 1, server: 'refusing' } });
    if (type === 'write') {
      this.#say({ type: 'error', code: 'WRITE_ERROR', topic, id, message: 'no', reason: 'range' });
    }
  }
  close(): void {}
  #say(frame: object): void {
    const data = JSON.stringify(frame);
    setTimeout(() => this.dispatchEvent(Object.assign(new Event('message'), { data })), 50);
  }
}
