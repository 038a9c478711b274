/** Rows in the memory of this tab, where there is no IndexedDB: everything works, and nothing stays. */
import type { Backend, Durability, Oldest, Transaction } from './backend.js';
import { closed } from './errors.js';
import {
  type AgedStore,
  type Key,
  newDevice,
  type Rows,
  type StoreName,
  type UserStore,
} from './rows.js';
import type { Device } from './types.js';

export class Memory implements Backend {
  readonly kind = 'memory';
  device: Device;
  readonly #rows = new Rooms();
  /** One transaction at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor() {
    const device = newDevice();
    this.device = { id: device.id, epoch: device.epoch };
    void this.#rows.put('meta', device);
  }

  run<T>(
    _stores: readonly StoreName[],
    _durability: Durability,
    work: (transaction: Transaction, attempt: number) => Promise<T>,
  ): Promise<T> {
    const next = this.#last.then(() => {
      if (this.#isClosed) throw closed();
      return work(this.#rows, 1);
    });
    this.#last = next.catch(() => {});
    return next;
  }

  close(): void {
    this.#isClosed = true;
  }
}

const KEYS: { readonly [S in StoreName]: readonly string[] } = {
  meta: ['kind', 'of'],
  cacheMeta: ['kind', 'of'],
  outbox: ['user', 'client', 'id'],
  marks: ['user', 'client', 'id'],
  letters: ['user', 'client', 'id'],
  cache: ['user', 'key'],
  ballast: ['number'],
  // Nothing is rescued here.
  rescued: [],
};

/** The rows of each store by the text of their key. Nothing here fails half-way, so nothing has to be taken back. */
class Rooms implements Transaction {
  readonly #stores = new Map<StoreName, Map<string, { key: Key; row: unknown }>>();

  async get<S extends StoreName>(store: S, key: Key): Promise<Rows[S] | undefined> {
    const found = this.#of(store).get(JSON.stringify(key));
    return found && (structuredClone(found.row) as Rows[S]);
  }

  async put<S extends StoreName>(store: S, row: Rows[S]): Promise<void> {
    const key = KEYS[store].map((name) => (row as unknown as Record<string, string>)[name] ?? '');
    const text = JSON.stringify(key);
    // Behind all others, so that the order is that of age.
    this.#of(store).delete(text);
    this.#of(store).set(text, { key, row: structuredClone(row) });
  }

  async remove(store: StoreName, key: Key): Promise<void> {
    this.#of(store).delete(JSON.stringify(key));
  }

  async page<S extends UserStore>(
    store: S,
    user: string,
    after: Key,
    count: number,
  ): Promise<Rows[S][]> {
    const from: Key = [user, ...after];
    const found = [...this.#of(store).values()].filter(
      ({ key }) => key[0] === user && (after.length === 0 || compare(key, from) > 0),
    );
    found.sort((left, right) => compare(left.key, right.key));
    return found.slice(0, count).map(({ row }) => structuredClone(row) as Rows[S]);
  }

  async oldest(store: AgedStore, user: string, bytes: number): Promise<Oldest[]> {
    const found: Oldest[] = [];
    let sum = 0;
    for (const { key, row } of this.#of(store).values()) {
      if (sum >= bytes) break;
      if (key[0] !== user) continue;
      const size = (row as { bytes: number }).bytes;
      found.push({ key, bytes: size });
      sum += size;
    }
    return found;
  }

  async all<S extends StoreName>(store: S): Promise<Rows[S][]> {
    return [...this.#of(store).values()].map(({ row }) => structuredClone(row) as Rows[S]);
  }

  async clear(store: StoreName): Promise<void> {
    this.#of(store).clear();
  }

  #of(store: StoreName): Map<string, { key: Key; row: unknown }> {
    const found = this.#stores.get(store) ?? new Map<string, { key: Key; row: unknown }>();
    this.#stores.set(store, found);
    return found;
  }
}

/** As IndexedDB has it: numbers by size, texts by their code units. */
function compare(left: Key, right: Key): number {
  for (const [at, mine] of left.entries()) {
    const other = right[at];
    if (other === undefined || mine > other) return 1;
    if (mine < other) return -1;
  }
  return 0;
}
