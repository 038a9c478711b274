/** A server at the other end of each socket of a test: says hello, and what the test says. */
import type { BridgeOptions } from '@aimdb/wasm';

interface Frame {
  readonly type: string;
  readonly topics?: readonly string[];
  readonly token?: string;
  readonly hello?: { readonly token?: string };
  readonly id?: number;
}

export class TestServer {
  readonly urls: string[] = [];
  readonly frames: Frame[] = [];
  /** The topics that it has, for who asks. */
  readonly listed: string[] = [];
  /** How many sockets are open. */
  open = 0;
  #say: (frame: object) => void = () => {};
  /** One class for all of its sockets, as an application has it. */
  readonly WebSocket: NonNullable<BridgeOptions['WebSocket']>;

  constructor() {
    const server = this;
    this.WebSocket = class extends EventTarget {
      constructor(url: string) {
        super();
        server.urls.push(url);
        server.open += 1;
        queueMicrotask(() => {
          server.#say = (frame) =>
            this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
          this.dispatchEvent(new Event('open'));
        });
      }
      send(text: string): void {
        const frame = JSON.parse(text) as Frame;
        server.frames.push(frame);
        if (frame.hello?.token ?? frame.token) server.says({ type: 'auth_ok', until: 1e9, now: 0 });
        if (frame.hello) server.says({ type: 'pong', hello: { v: 6, server: 'test' } });
        if (frame.type === 'list_topics') {
          const topics = server.listed.map((name) => ({ name, schema_type: 'temperature' }));
          server.says({ type: 'topic_list', id: frame.id, topics });
        }
        if (frame.type === 'write') server.says({ type: 'ack', id: frame.id });
      }
      close(): void {
        server.open -= 1;
      }
    } as unknown as NonNullable<BridgeOptions['WebSocket']>;
  }

  says(frame: object): void {
    queueMicrotask(() => this.#say(frame));
  }

  sends(topic: string, payload: object, seq: number): void {
    this.says({ type: 'data', topic, payload, ts: 1, seq });
  }

  /** The topics of all frames of a type, in order. */
  topics(type: 'subscribe' | 'unsubscribe'): string[] {
    return this.frames.filter((frame) => frame.type === type).flatMap(({ topics = [] }) => topics);
  }
}
