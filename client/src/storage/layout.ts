/**
 * The layout of the database: its object stores, what each layout added, and how a broken one is mended.
 *
 * Guarantees: a migration and a mending are one transaction each, done or not at all; neither takes a row of the outbox
 * away. What cannot stay in the outbox lies in `rescued` afterwards.
 */
import type { IDBPDatabase, IDBPTransaction } from 'idb';
import {
  type DeviceRow,
  type LetterRow,
  newDevice,
  noTotals,
  type OutboxRow,
  type TotalsRow,
} from './rows.js';

/** The layout that this build writes. Whoever changes `STORES` adds a step and moves the golden test. */
export const LAYOUT = 2;
/** A version of the database is a layout and how often it was mended, since only a higher version may change stores. */
const MENDINGS = 1000;

interface StoreShape {
  readonly since: number;
  readonly keyPath: string[] | null;
  readonly autoIncrement: boolean;
  readonly indexes: { readonly [name: string]: string[] };
}

const OF_KIND = { keyPath: ['kind', 'of'], autoIncrement: false, indexes: {} };
const OF_WRITE = { keyPath: ['user', 'client', 'id'], autoIncrement: false, indexes: {} };
/** The bytes stand in the index, so that the oldest are found without reading what they hold. */
const BY_AGE = { byAge: ['user', 'age', 'bytes'] };

export const STORES: { readonly [name: string]: StoreShape } = {
  meta: { since: 1, ...OF_KIND },
  outbox: { since: 1, ...OF_WRITE },
  cache: { since: 1, keyPath: ['user', 'key'], autoIncrement: false, indexes: BY_AGE },
  // Apart from `meta`, so that a transaction of the cache keeps none of the outbox waiting.
  cacheMeta: { since: 1, ...OF_KIND },
  marks: { since: 2, ...OF_WRITE },
  letters: { since: 2, ...OF_WRITE, indexes: BY_AGE },
  ballast: { since: 2, keyPath: ['number'], autoIncrement: false, indexes: {} },
  rescued: { since: 2, keyPath: null, autoIncrement: true, indexes: {} },
};

export type Database = IDBPDatabase<unknown>;
export type Change = IDBPTransaction<unknown, string[], 'versionchange'>;

export function versionOf(layout: number): number {
  return layout * MENDINGS;
}

export function layoutOf(version: number): number {
  return Math.floor(version / MENDINGS);
}

/** Brings a database from an older layout, or from none, to this one. */
export async function migrate(db: Database, change: Change, from: number): Promise<void> {
  for (const [name, shape] of Object.entries(STORES)) {
    if (shape.since > layoutOf(from) && !db.objectStoreNames.contains(name)) create(db, name);
  }
  // Of the same transaction as the outbox itself: who has one has the other.
  if (layoutOf(from) < 1) await change.objectStore('meta').put(newDevice());
}

/** The device that the database says; none if the database is broken. */
export async function deviceIn(db: Database): Promise<DeviceRow | undefined> {
  const names = Object.keys(STORES);
  if (!names.every((name) => db.objectStoreNames.contains(name))) return undefined;
  const look = reading(db, names);
  const isStated = (name: string) => isAsStated(look.objectStore(name), STORES[name] as StoreShape);
  if (!names.every(isStated)) return undefined;
  const row: unknown = await look.objectStore('meta').get(['device', '']);
  return isDevice(row) ? row : undefined;
}

/** A transaction that reads. Who waits for its answers needs not wait for its end. */
export function reading(db: Database, names: string[]): IDBPTransaction<unknown, string[]> {
  const transaction = db.transaction(names);
  transaction.done.catch(() => {});
  return transaction;
}

interface Found {
  readonly keyPath: string | string[] | null;
  readonly autoIncrement: boolean;
  readonly indexNames: DOMStringList;
  index(name: string): { readonly keyPath: string | string[] };
}

function isAsStated(found: Found, { keyPath, autoIncrement, indexes }: StoreShape): boolean {
  const isSame = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);
  return (
    isSame(found.keyPath, keyPath) &&
    found.autoIncrement === autoIncrement &&
    Object.entries(indexes).every(
      ([name, path]) => found.indexNames.contains(name) && isSame(found.index(name).keyPath, path),
    )
  );
}

export interface Mended {
  readonly hadOutbox: boolean;
  readonly rescued: number;
}

/** Makes a broken database whole: the cache goes, the outbox stays, and what has no place in it is rescued. */
export async function mend(db: Database, change: Change): Promise<Mended> {
  const has = (name: string) => db.objectStoreNames.contains(name);
  const rows: { [name: string]: unknown[] } = {};
  for (const name of ['meta', 'outbox', 'marks', 'letters', 'rescued']) {
    rows[name] = has(name) ? await change.objectStore(name).getAll() : [];
  }
  const { meta = [], outbox = [], marks = [], letters = [], rescued = [] } = rows;
  const [hadOutbox, hadMarks] = [has('outbox'), has('marks')];
  for (const name of Object.keys(STORES)) {
    if (has(name)) db.deleteObjectStore(name);
    create(db, name);
  }
  const device = hadOutbox ? meta.find(isDevice) : undefined;
  await change.objectStore('meta').put(device ?? newDevice());
  const strays = [
    ...(await fill(change, 'outbox', outbox, 'entry', hadMarks)),
    ...(await fill(change, 'letters', letters, 'letter', true)),
  ].map((row) => ({ row }));
  for (const row of marks.filter(isOfWrite)) await change.objectStore('marks').put(row);
  for (const row of [...rescued, ...strays]) await change.objectStore('rescued').add(row);
  return { hadOutbox, rescued: strays.length };
}

function isDevice(row: unknown): row is DeviceRow {
  const { kind, id, epoch } = Object(row) as DeviceRow;
  return kind === 'device' && /^[0-9a-f]{32}$/.test(id) && Number.isSafeInteger(epoch);
}

/** Puts rows back, sums them up, and gives those that are none. */
async function fill(
  change: Change,
  name: 'outbox' | 'letters',
  rows: readonly unknown[],
  content: 'entry' | 'letter',
  hadMarks: boolean,
): Promise<unknown[]> {
  const totals = new Map<string, TotalsRow>();
  const strays: unknown[] = [];
  for (const row of rows) {
    if (!isOfWrite(row) || !Number.isSafeInteger(row.bytes) || !(content in row)) {
      strays.push(row);
      continue;
    }
    const sum = totals.get(row.user) ?? noTotals(name, row.user);
    sum.entries += 1;
    sum.bytes += row.bytes;
    sum.age = Math.max(sum.age, (row as Partial<LetterRow>).age ?? 0);
    totals.set(row.user, sum);
    // Where nobody knows, it may have left: then nobody may say that it was dropped.
    await change.objectStore(name).put(hadMarks ? row : { ...row, handedOver: true });
  }
  for (const sum of totals.values()) await change.objectStore('meta').put(sum);
  return strays;
}

function isOfWrite(row: unknown): row is OutboxRow {
  const { user, client, id } = Object(row) as OutboxRow;
  return typeof user === 'string' && typeof client === 'string' && Number.isSafeInteger(id);
}

function create(db: Database, name: string): void {
  const { keyPath, autoIncrement, indexes } = STORES[name] as StoreShape;
  const store = db.createObjectStore(name, { keyPath, autoIncrement });
  for (const [index, path] of Object.entries(indexes)) store.createIndex(index, path);
}
