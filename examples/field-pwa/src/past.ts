/**
 * What the server has of a ring: what the record shows, and what was there before this device came.
 *
 * Guarantees: what waits here, or came to nothing, is not in it; the device has each value once, since the bridge keeps what the
 * record shows and this only the rest. Does not: know where a write is; the outbox does.
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
  /** What the record does not show; null where the server has never been asked. */
  #older: readonly V[] | null;
  /** Values that came to nothing. A ring goes on showing them, as long as this page is there. */
  #failed: ReadonlySet<string> = new Set();
  #values: readonly V[] = [];
  /** What was given to the device last. */
  #kept: string;
  #isAsking = false;

  private constructor(session: Session, key: Ring, length: number, kept: readonly V[] | null) {
    this.#session = session;
    this.#key = key;
    this.#length = length;
    this.#older = kept;
    this.#kept = idsOf(kept);
    const onLag = () => {
      this.#older = null;
      void this.#ask();
    };
    session.db.subscribe(key, () => this.#look(), { onLag });
    session.outbox.subscribe(() => this.#look());
    session.bridge.onStatusChange(() => void this.#ask());
    this.#look();
    void this.#ask();
  }

  /** Shows at most so many values, of this run and those before. */
  static async open<V extends Numbered>(session: Session, key: Ring, length: number) {
    const entry = await session.storage.cache.get(`past/${key}`).catch(() => undefined);
    return new Past<V>(session, key, length, (entry?.value as readonly V[] | undefined) ?? null);
  }

  readonly subscribe = this.#listeners.add;
  /** The newest first. */
  readonly get = (): readonly V[] => this.#values;

  /** Asks for what was there before, once for a device, and again when the ring has missed something. */
  async #ask(): Promise<void> {
    const { bridge } = this.#session;
    const isKnown = this.#older !== null || this.#shown().length >= this.#length;
    if (isKnown || this.#isAsking || bridge.status() !== 'connected') return;
    this.#isAsking = true;
    try {
      const topic = this.#key.replaceAll('.', '/');
      const { records } = await bridge.query(topic, { limit: this.#length });
      // The server holds them against the contract of this app.
      this.#older = records.map(({ payload }) => payload as V);
      this.#look();
    } catch {
      // The connection went meanwhile; the next one asks again.
    } finally {
      this.#isAsking = false;
    }
  }

  /** What the record shows, the oldest first. */
  #shown(): readonly V[] {
    return this.#session.db.history(this.#key, this.#length) as readonly unknown[] as readonly V[];
  }

  #look(): void {
    const shown = this.#shown();
    const inRing = new Set(shown.map(({ id }) => id));
    const { waiting, letters, done, lost } = this.#session.outbox.get();
    const all = new Map([...(this.#older ?? []), ...shown].map((value) => [value.id, value]));
    const failed = new Set([...this.#failed, ...this.#idsOf(letters), ...this.#idsOf(lost)]);
    for (const id of this.#idsOf(done.filter(isTaken))) failed.delete(id);
    const hidden = new Set([...failed, ...this.#idsOf(waiting)]);
    this.#failed = new Set([...failed].filter((id) => all.has(id)));
    const values = [...all.values()].filter(({ id }) => !hidden.has(id));
    this.#values = values
      .sort((one, other) => other.timestamp - one.timestamp)
      .slice(0, this.#length);
    const stays = new Set(this.#values.map(({ id }) => id));
    this.#older = this.#older?.filter(({ id }) => stays.has(id) && !inRing.has(id)) ?? null;
    this.#listeners.tell();
    void this.#keep();
  }

  #idsOf(writes: readonly { key?: string; topic: string; value?: unknown }[]): string[] {
    const mine = writes.filter((write) => keyOf(write) === this.#key && write.value !== undefined);
    return mine.map(({ value }) => (value as V).id);
  }

  async #keep(): Promise<void> {
    const value = this.#older;
    const ids = idsOf(value);
    if (ids === this.#kept) return;
    this.#kept = ids;
    // A full device: then it is not there before the network is.
    await this.#session.storage.cache.put({ key: `past/${this.#key}`, value }).catch(() => {});
  }
}

function idsOf(values: readonly Numbered[] | null): string {
  return JSON.stringify(values?.map(({ id }) => id) ?? null);
}
