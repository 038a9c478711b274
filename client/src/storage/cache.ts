/**
 * The cache: what a tab shows before the server has answered. It can be had again, so the oldest goes where room is needed.
 *
 * Guarantees: a write is in it whole or not at all, and writes of one tab are in it in their order. A cache that cannot be
 * read is emptied, with a notice.
 */
import type { Backend, Notify, Transaction } from './backend.js';
import { copied, textBytes } from './bytes.js';
import { tooLarge } from './errors.js';
import { type Evicted, evict } from './evict.js';
import { CACHE_ENTRIES_MAX, CACHE_ENTRY_BYTES_MAX } from './limits.js';
import { needKey } from './options.js';
import { readAll } from './pages.js';
import { isFull, type Room } from './room.js';
import { AimDbError } from '../errors.js';
import type { CacheRow } from './rows.js';
import { Totals } from './totals.js';
import type { CacheEntry } from './types.js';

/** What of the cache is left after each round of making room. */
const SHARES = [0.5, 0.25, 0];

type Write = Omit<CacheRow, 'user' | 'age'>;

export class Cache {
  readonly #backend: Backend;
  readonly #user: string;
  readonly #bytesMax: number;
  readonly #notify: Notify;
  readonly #room: Room;
  #last: Promise<unknown> = Promise.resolve();
  #isFull = false;

  /** @internal */
  constructor(backend: Backend, user: string, bytesMax: number, notify: Notify, room: Room) {
    this.#backend = backend;
    this.#user = user;
    this.#bytesMax = bytesMax;
    this.#notify = notify;
    this.#room = room;
  }

  put<V>(entry: CacheEntry<V>): Promise<void> {
    return this.putMany([entry]);
  }

  /** Writes entries in one transaction, of which the last one of a key counts. */
  async putMany(entries: readonly CacheEntry[]): Promise<void> {
    const writes = entries.map((entry) => this.#writeOf(entry));
    const evicted = await this.#inTurn(() => this.#write(writes));
    this.#tell(evicted, 'limit');
  }

  async get<V = unknown>(key: string): Promise<CacheEntry<V> | undefined> {
    needKey(key);
    const [row] = await this.#reading(async () => {
      const found = await this.#backend.run(['cache'], 'read', (transaction) =>
        transaction.get('cache', [this.#user, key]),
      );
      return found ? [found] : [];
    });
    return row && (entryOf(row) as CacheEntry<V>);
  }

  /** All entries, by key. */
  async all<V = unknown>(): Promise<CacheEntry<V>[]> {
    const rows = await this.#reading(() =>
      this.#backend.run(['cache'], 'read', (transaction) =>
        readAll(transaction, 'cache', this.#user, ({ key }) => [key]),
      ),
    );
    return rows.map((row) => entryOf(row) as CacheEntry<V>);
  }

  async remove(key: string): Promise<void> {
    needKey(key);
    await this.#forced(async (transaction, totals) => {
      const found = await transaction.get('cache', [this.#user, key]);
      if (!found) return;
      totals.replace(found, undefined);
      await transaction.remove('cache', [this.#user, key]);
    });
  }

  async clear(): Promise<void> {
    await this.#forced((transaction, totals) => evict(transaction, 'cache', totals, 0, 0));
  }

  /** @internal Gives room back for something that matters more; `false` when there is nothing left to give. */
  async shrink(round: number): Promise<boolean> {
    const share = SHARES[round];
    if (share === undefined) return false;
    const evicted = await this.#room.force(() =>
      this.#change((transaction, totals) =>
        evict(transaction, 'cache', totals, CACHE_ENTRIES_MAX, totals.row.bytes * share),
      ),
    );
    this.#tell(evicted, 'quota');
    return evicted !== undefined;
  }

  /** @internal Until all that was asked for is done. */
  async idle(): Promise<void> {
    await this.#last;
  }

  #writeOf({ key, value, version }: CacheEntry): Write {
    needKey(key);
    const about = `the entry '${key}' of the cache`;
    const bytesMax = Math.min(CACHE_ENTRY_BYTES_MAX, this.#bytesMax);
    const [content, mark] = [copied(value, about, bytesMax), copied(version, about, bytesMax)];
    const bytes = content.bytes + mark.bytes + textBytes(key);
    if (bytes > bytesMax) throw tooLarge(about, bytesMax);
    return { key, bytes, value: content.copy, version: mark.copy };
  }

  async #write(writes: readonly Write[]): Promise<Evicted | undefined> {
    try {
      const evicted = await this.#room.spend(
        (round) => this.shrink(round),
        () => this.#change((at, totals) => this.#store(at, totals, writes)),
      );
      this.#isFull = false;
      return evicted;
    } catch (thrown) {
      if (isFull(thrown) && !this.#isFull) {
        this.#notify({ kind: 'full', what: 'cache', error: thrown });
        this.#isFull = true;
      }
      throw thrown;
    }
  }

  async #store(transaction: Transaction, totals: Totals, writes: readonly Write[]) {
    for (const write of writes) {
      const before = await transaction.get('cache', [this.#user, write.key]);
      totals.replace(before, write.bytes);
      const age = totals.nextAge();
      await transaction.put('cache', { user: this.#user, age, ...write });
    }
    return evict(transaction, 'cache', totals, CACHE_ENTRIES_MAX, this.#bytesMax);
  }

  /** What only removes goes through on a full device too. */
  #forced<T>(work: (transaction: Transaction, totals: Totals) => Promise<T>): Promise<T> {
    return this.#inTurn(() => this.#room.force(() => this.#change(work)));
  }

  #change<T>(work: (transaction: Transaction, totals: Totals) => Promise<T>): Promise<T> {
    return this.#backend.run(['cache', 'cacheMeta'], 'relaxed', async (transaction) => {
      const totals = await Totals.read(transaction, 'cache', this.#user);
      const answer = await work(transaction, totals);
      await totals.write();
      return answer;
    });
  }

  /** Reads behind all writes. What cannot be read is of no use to anybody. */
  async #reading(read: () => Promise<CacheRow[]>): Promise<CacheRow[]> {
    try {
      return await this.#inTurn(read);
    } catch (thrown) {
      if (!(thrown instanceof AimDbError) || thrown.code !== 'STORAGE_FAILED') throw thrown;
      await this.clear();
      const { device } = this.#backend;
      this.#notify({ kind: 'wiped', what: ['cache'], why: 'broken', rescued: 0, device });
      return [];
    }
  }

  /** One after the other, since what is repeated over a new connection would overtake. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => {});
    return next;
  }

  #tell(evicted: Evicted | undefined, why: 'limit' | 'quota'): void {
    if (evicted) this.#notify({ kind: 'evicted', what: 'cache', why, ...evicted });
  }
}

function entryOf({ key, value, version }: CacheRow): CacheEntry {
  return { key, value, version };
}
