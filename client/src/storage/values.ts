/**
 * What records show, in the cache of the device.
 *
 * Guarantees: a record that changes all the time is written every two seconds at most, and what one look brings is bounded; when the
 * page is hidden or the bridge ends, what changed is written at once. Does not: keep a write that waits; the outbox does.
 */
import { AimDbError } from '../errors.js';
import type { CachedRecord, KeptValue, ValueCache } from '../types.js';
import type { Cache } from './cache.js';
import type { CacheEntry } from './types.js';

/** How often records are looked at. */
export const VALUES_EVERY_MS = 2_000;
/** So many values one look brings into the cache; the rest waits for the next. */
export const VALUES_AT_ONCE_MAX = 2_048;

/** Before the keys of records: an application may use the cache too. */
const RECORD = 'aimdb:record:';
/** The instance of the server that was heard last. */
const SERVER = 'aimdb:server';

type Row = Omit<KeptValue, 'key' | 'values'>;

export class KeptValues implements ValueCache {
  server: string | undefined;
  readonly #cache: Cache;
  readonly #found: ReadonlyMap<string, KeptValue>;
  /** The revisions of records that are in the cache. */
  readonly #revisions = new Map<string, number>();

  private constructor(cache: Cache, entries: readonly CacheEntry[]) {
    this.#cache = cache;
    const found = new Map<string, KeptValue>();
    for (const { key, value, version } of entries) {
      if (key === SERVER && typeof value === 'string') this.server = value;
      if (!key.startsWith(RECORD) || !Array.isArray(value)) continue;
      const record = key.slice(RECORD.length);
      found.set(record, { key: record, values: value, ...(version as Row) });
    }
    this.#found = found;
  }

  /** Reads what earlier runs have kept. */
  static async open(cache: Cache): Promise<KeptValues> {
    return new KeptValues(cache, await cache.all());
  }

  get(key: string): KeptValue | undefined {
    return this.#found.get(key);
  }

  watch(records: () => Iterable<CachedRecord>): () => void {
    const look = () => this.#look(records());
    const timer = setInterval(look, VALUES_EVERY_MS);
    // In Node a timer alone keeps no program alive.
    (timer as { unref?: () => void }).unref?.();
    const page = typeof document === 'undefined' ? undefined : document;
    const hidden = () => page?.visibilityState === 'hidden' && look();
    page?.addEventListener('visibilitychange', hidden);
    return () => {
      clearInterval(timer);
      page?.removeEventListener('visibilitychange', hidden);
      look();
    };
  }

  #look(records: Iterable<CachedRecord>): void {
    const entries: CacheEntry[] = [];
    let values = 0;
    for (const record of this.#changed(records)) {
      const kept = record.read();
      if (!kept) continue;
      // At the end of the map, which is in the order in which records had their turn.
      this.#revisions.delete(record.key);
      this.#revisions.set(record.key, record.revision);
      values += kept.values.length;
      entries.push(this.#entryOf(kept, entries));
      if (values >= VALUES_AT_ONCE_MAX) break;
    }
    if (entries.length > 0) void this.#keep(entries);
  }

  /** What changed, and of that first what has waited longest: a record that changes all the time takes no other's turn. */
  #changed(records: Iterable<CachedRecord>): CachedRecord[] {
    const changed = new Map<string, CachedRecord>();
    for (const record of records) {
      if (this.#revisions.get(record.key) !== record.revision) changed.set(record.key, record);
    }
    const inTurn: CachedRecord[] = [];
    for (const key of this.#revisions.keys()) {
      const record = changed.get(key);
      if (record && changed.delete(key)) inTurn.push(record);
    }
    return [...changed.values(), ...inTurn];
  }

  /** A cache without room says so by a notice; what it has not can be had again. */
  async #keep(entries: readonly CacheEntry[]): Promise<void> {
    try {
      await this.#cache.putMany(entries);
    } catch (thrown) {
      if (!isTooLarge(thrown)) return;
      for (const entry of entries) await this.#keepOne(entry);
    }
  }

  /** Of a ring of large values as many as there is room for: half of them, or a quarter, and so on. */
  async #keepOne(entry: CacheEntry): Promise<void> {
    let { value } = entry;
    for (;;) {
      try {
        return await this.#cache.put({ ...entry, value });
      } catch (thrown) {
        if (!isTooLarge(thrown) || !Array.isArray(value) || value.length < 2) return;
        value = value.slice(Math.ceil(value.length / 2));
      }
    }
  }

  #entryOf({ key, values, ...version }: KeptValue, entries: CacheEntry[]): CacheEntry {
    const { server } = version;
    if (server !== undefined && server !== this.server) {
      this.server = server;
      entries.push({ key: SERVER, value: server });
    }
    return { key: RECORD + key, value: values, version };
  }
}

function isTooLarge(thrown: unknown): boolean {
  return thrown instanceof AimDbError && thrown.code === 'STORAGE_TOO_LARGE';
}
