/**
 * What the server has of a ring: the newest values, from wherever they were written.
 *
 * Guarantees: only what the server has confirmed is in it; what was known last is there before there is a network. Does
 * not: know what waits on this device; the outbox does.
 */
import { Listeners } from './listeners.js';
import { isTaken, keyOf } from './outbox.js';
import type { Session } from './session.js';

type Ring = 'field.readings' | 'field.photos';

interface Numbered {
  readonly id: string;
  readonly timestamp: number;
}

/** `V` is the value of the record. */
export class Past<V extends Numbered> {
  readonly #session: Session;
  readonly #key: Ring;
  readonly #length: number;
  readonly #listeners = new Listeners();
  readonly #byId = new Map<string, V>();
  #values: readonly V[] = [];

  constructor(session: Session, key: Ring, length: number) {
    this.#session = session;
    this.#key = key;
    this.#length = length;
    session.db.subscribe(key, (value, { origin }) => {
      if (origin === 'remote') this.#take([value as unknown as V]);
    });
    session.outbox.subscribe(() => this.#takeAcknowledged());
    this.#askWhenConnected();
    void this.#restore();
  }

  readonly subscribe = this.#listeners.add;
  /** The newest first. */
  readonly get = (): readonly V[] => this.#values;

  #askWhenConnected(): void {
    let asked: unknown = null;
    const follow = () => {
      const bridge = this.#session.linked()?.bridge;
      if (!bridge || bridge === asked) return;
      asked = bridge;
      const ask = () => bridge.status() === 'connected' && void this.#ask();
      bridge.onStatusChange(ask);
      ask();
    };
    this.#session.subscribe(follow);
    follow();
  }

  async #ask(): Promise<void> {
    const topic = this.#key.replaceAll('.', '/');
    try {
      const found = await this.#session.linked()?.bridge.query(topic, { limit: this.#length });
      // The server holds them against the contract of this app.
      this.#take((found?.records ?? []).map(({ payload }) => payload as V));
    } catch {
      // The connection went meanwhile; the next one asks again.
    }
  }

  #takeAcknowledged(): void {
    const { done } = this.#session.outbox.get();
    const mine = done.filter((end) => keyOf(end) === this.#key && isTaken(end.outcome));
    this.#take(mine.flatMap(({ value }) => (value ? [value as V] : [])));
  }

  #take(values: readonly V[]): void {
    const news = values.filter(({ id }) => !this.#byId.has(id));
    if (news.length === 0) return;
    for (const value of news) this.#byId.set(value.id, value);
    const sorted = [...this.#byId.values()].sort((one, other) => other.timestamp - one.timestamp);
    for (const { id } of sorted.splice(this.#length)) this.#byId.delete(id);
    this.#values = sorted;
    this.#listeners.tell();
    void this.#keep();
  }

  async #keep(): Promise<void> {
    const entry = { key: `app/${this.#key}`, value: this.#values };
    // A full device: then they are not there before the network is.
    await this.#session.storage.cache.put(entry).catch(() => {});
  }

  async #restore(): Promise<void> {
    const kept = await this.#session.storage.cache.get(`app/${this.#key}`);
    this.#take((kept?.value as readonly V[] | undefined) ?? []);
  }
}
