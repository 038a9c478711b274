/** A transaction of IndexedDB, as the rules of this module see it. */
import type { IDBPTransaction } from 'idb';
import type { Database } from './layout.js';
import type { Durability, Oldest, Transaction } from './backend.js';
import { nameOf, isQuota } from './errors.js';
import type { AgedStore, Key, Rows, StoreName, UserStore } from './rows.js';

/** Does work in a transaction, and answers when that is complete. */
export async function transact<T>(
  db: Database,
  stores: readonly StoreName[],
  durability: Durability,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const mode = durability === 'read' ? 'readonly' : 'readwrite';
  const options = durability === 'read' ? {} : { durability };
  const transaction = db.transaction([...stores], mode, options) as Writable;
  let cause: unknown;
  const done = transaction.done.catch((thrown) => {
    cause = thrown;
  });
  let answer: T | undefined;
  let thrown: unknown;
  try {
    answer = await work(new Indexed(transaction));
  } catch (failure) {
    thrown = failure ?? new Error('nothing was thrown');
    abort(transaction);
  }
  await done;
  if (thrown === undefined && cause === undefined) return answer as T;
  // A request of an aborted transaction knows only that; the transaction knows why.
  throw thrown === undefined || isQuota(cause) || nameOf(thrown) === 'AbortError' ? cause : thrown;
}

type Writable = IDBPTransaction<unknown, string[], 'readwrite'>;

function abort(transaction: Writable): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already, which is all that is wanted.
  }
}

/** Its methods are `async` so that none throws: of requests that are made together, each is waited for. */
class Indexed implements Transaction {
  readonly #transaction: Writable;

  constructor(transaction: Writable) {
    this.#transaction = transaction;
  }

  async get<S extends StoreName>(store: S, key: Key): Promise<Rows[S] | undefined> {
    return this.#transaction.objectStore(store).get(key);
  }

  async put<S extends StoreName>(store: S, row: Rows[S]): Promise<unknown> {
    return this.#transaction.objectStore(store).put(row);
  }

  async remove(store: StoreName, key: Key): Promise<unknown> {
    return this.#transaction.objectStore(store).delete(key);
  }

  async page<S extends UserStore>(
    store: S,
    user: string,
    after: Key,
    count: number,
  ): Promise<Rows[S][]> {
    const range = IDBKeyRange.bound([user, ...after], endOf(user), after.length > 0);
    return this.#transaction.objectStore(store).getAll(range, count);
  }

  async oldest(store: AgedStore, user: string, bytes: number): Promise<Oldest[]> {
    const found: Oldest[] = [];
    const index = this.#transaction.objectStore(store).index('byAge');
    let sum = 0;
    let cursor = await index.openKeyCursor(IDBKeyRange.bound([user], endOf(user)));
    while (cursor && sum < bytes) {
      const [, , size] = cursor.key as [string, number, number];
      found.push({ key: cursor.primaryKey as Key, bytes: size });
      sum += size;
      cursor = await cursor.continue();
    }
    return found;
  }

  async all<S extends StoreName>(store: S): Promise<Rows[S][]> {
    return this.#transaction.objectStore(store).getAll();
  }

  async clear(store: StoreName): Promise<unknown> {
    return this.#transaction.objectStore(store).clear();
  }
}

/** Behind every key of a user: a list is above all texts and numbers. */
function endOf(user: string): IDBValidKey {
  return [user, []];
}
