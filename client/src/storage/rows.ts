/** The rows of the database, as they lie on the disk: `layout.ts` says in which stores. */

/** An entry of the outbox. */
export interface OutboxRow {
  /** Whose it is; empty where the application names no users. */
  readonly user: string;
  readonly client: string;
  readonly id: number;
  /** Whether it was handed over when it was put; afterwards a row of `marks` says so. */
  readonly handedOver: boolean;
  readonly bytes: number;
  readonly entry: unknown;
}

/** Says that an entry is handed over, without writing that once more: on a full device there may be no room for it. */
export interface MarkRow {
  readonly user: string;
  readonly client: string;
  readonly id: number;
}

/** A value that can be had again from the server. */
export interface CacheRow {
  readonly user: string;
  readonly key: string;
  /** Grows with every write of this user's cache. */
  readonly age: number;
  readonly bytes: number;
  readonly value: unknown;
  readonly version: unknown;
}

/** A write that came to nothing, kept for people. */
export interface LetterRow {
  readonly user: string;
  readonly client: string;
  readonly id: number;
  readonly age: number;
  readonly bytes: number;
  readonly letter: unknown;
}

/** Which device this is. It lies beside the outbox, so that who loses one loses both. */
export interface DeviceRow {
  readonly kind: 'device';
  readonly of: '';
  readonly id: string;
  readonly epoch: number;
}

/** What the rows of a user come to; written with them, in the same transaction. */
export interface TotalsRow {
  readonly kind: 'outbox' | 'letters' | 'cache';
  /** The user. */
  readonly of: string;
  entries: number;
  bytes: number;
  /** The last age that was given; of the outbox, the highest id that an entry ever had. */
  age: number;
}

/** The last transaction of a tab that is known to be complete. */
export interface BatchRow {
  readonly kind: 'batch';
  /** The tab. */
  readonly of: string;
  readonly number: number;
  /** Wall time, only to tell which tab is gone longest. */
  readonly at: number;
}

/** Which tab sends, where the browser has no locks. */
export interface LeaseRow {
  readonly kind: 'lease';
  /** The user. */
  readonly of: string;
  readonly tab: string;
  /** When it is over, in Unix milliseconds. */
  readonly until: number;
}

/** What each store holds. */
export interface Rows {
  meta: DeviceRow | TotalsRow | BatchRow | LeaseRow;
  outbox: OutboxRow;
  marks: MarkRow;
  cache: CacheRow;
  cacheMeta: TotalsRow;
  letters: LetterRow;
  rescued: { readonly row: unknown };
  /** Room that is given back when there is no other. */
  ballast: { readonly number: number; readonly bytes: Uint8Array };
}

export type StoreName = keyof Rows;
/** Stores whose rows belong to a user; those with an age can be walked from the oldest. */
export type UserStore = 'outbox' | 'marks' | 'cache' | 'letters';
export type AgedStore = 'cache' | 'letters';
export type Key = (string | number)[];

/** An id that no other device has: 128 random bits in hex. */
export function randomId(): string {
  const bits = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bits, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function newDevice(): DeviceRow {
  return { kind: 'device', of: '', id: randomId(), epoch: 0 };
}

export function noTotals(kind: TotalsRow['kind'], of: string): TotalsRow {
  return { kind, of, entries: 0, bytes: 0, age: 0 };
}
