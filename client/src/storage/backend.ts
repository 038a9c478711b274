/** What the rules of this module need of a place to keep rows: IndexedDB, or the memory of this tab. */
import type { Device, StorageNotice } from './types.js';
import type { AgedStore, Key, Rows, StoreName, UserStore } from './rows.js';

/** Reads and writes that are all done, or none. Only its own answers may be awaited in it. */
export interface Transaction {
  get<S extends StoreName>(store: S, key: Key): Promise<Rows[S] | undefined>;
  put<S extends StoreName>(store: S, row: Rows[S]): Promise<unknown>;
  remove(store: StoreName, key: Key): Promise<unknown>;
  /** Rows of a user in the order of their keys, behind a key. */
  page<S extends UserStore>(store: S, user: string, after: Key, count: number): Promise<Rows[S][]>;
  /** The oldest rows of a user whose bytes come to at least so many, or all. */
  oldest(store: AgedStore, user: string, bytes: number): Promise<Oldest[]>;
  /** Every row of a store. */
  all<S extends StoreName>(store: S): Promise<Rows[S][]>;
  clear(store: StoreName): Promise<unknown>;
}

export interface Oldest {
  readonly key: Key;
  readonly bytes: number;
}

/** How much is waited for: `strict` until the disk has it, `relaxed` until the system has. */
export type Durability = 'strict' | 'relaxed' | 'read';

export interface Backend {
  readonly kind: 'indexeddb' | 'memory';
  /** The device as it was last seen. */
  device: Device;
  /**
   * Does work in one transaction and answers when that is complete. The work may be done again over a new connection,
   * also after it had been complete; `attempt` is then above 1.
   */
  run<T>(
    stores: readonly StoreName[],
    durability: Durability,
    work: (transaction: Transaction, attempt: number) => Promise<T>,
  ): Promise<T>;
  close(): void;
}

export type Notify = (notice: StorageNotice) => void;
