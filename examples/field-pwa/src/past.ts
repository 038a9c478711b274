/**
 * What the server has of a ring: the newest values, from wherever they were written.
 *
 * Guarantees: only what the server has confirmed is in it; what was known last is there before there is a network. Does
 * not: know what waits on this device; the outbox does.
 */
import type { ValueMeta, WsBridge } from '@aimdb/wasm';
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
  /** Whether the server has been asked for what was there before. */
  #isKnown = false;

  constructor(session: Session, key: Ring, length: number) {
    this.#session = session;
    this.#key = key;
    this.#length = length;
    const take = (value: unknown, { origin }: ValueMeta) => {
      if (origin === 'remote') this.#take([value as V]);
    };
    const onLag = () => {
      this.#isKnown = false;
      void this.#ask();
    };
    session.db.subscribe(key, take, { onLag });
    session.outbox.subscribe(() => this.#takeAcknowledged());
    this.#askWhenConnected();
    void this.#restore();
  }

  readonly subscribe = this.#listeners.add;
  /** The newest first. */
  readonly get = (): readonly V[] => this.#values;

  #askWhenConnected(): void {
    let followed: WsBridge | null = null;
    const look = () => void this.#ask();
    const follow = () => {
      const bridge = this.#session.linked()?.bridge ?? null;
      if (bridge === followed) return;
      followed = bridge;
      bridge?.onStatusChange(look);
      look();
    };
    this.#session.subscribe(follow);
    follow();
  }

  /** Once, and again when the ring has missed something: the rest comes by itself. */
  async #ask(): Promise<void> {
    const bridge = this.#session.linked()?.bridge;
    if (this.#isKnown || bridge?.status() !== 'connected') return;
    this.#isKnown = true;
    try {
      const topic = this.#key.replaceAll('.', '/');
      const { records } = await bridge.query(topic, { limit: this.#length });
      // The server holds them against the contract of this app.
      this.#take(records.map(({ payload }) => payload as V));
    } catch {
      // The connection went meanwhile; the next one asks again.
      this.#isKnown = false;
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
