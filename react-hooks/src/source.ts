/** A record by its key as something to subscribe to, whichever record has the key, and from whenever on one has it. */
import {
  AimDbError,
  type RecordHandle,
  type RecordKey,
  type RecordValue,
  type WasmDb,
} from '@aimdb/wasm';
import { useMemo } from 'react';
import { unsubscribed, whileAlive } from './alive.js';
import { useScope } from './context.js';

/** After so long a key that never had a record is told of: it is more likely misspelt than late. */
export const UNKNOWN_KEY_MS = 10_000;

/** The record of a key in the shape that `useSyncExternalStore` wants. */
export interface Source<V> {
  /** The record that has the key now; null while none has it. */
  readonly record: () => RecordHandle<V> | null;
  readonly subscribe: (listener: () => void) => () => void;
  readonly get: () => V | null;
}

type TellUnknown = (error: AimDbError) => boolean;

const nothing = (): null => null;
const NO_SOURCE: Source<never> = { record: nothing, subscribe: () => () => {}, get: nothing };

/** The key's source: the same until database or key change. The next record of the key is followed, and the first. */
export function useSource<K extends RecordKey>(key: K): Source<RecordValue<K>> {
  const { db, tellUnknown } = useScope();
  return useMemo(() => (db ? sourceOf(db, key, tellUnknown) : NO_SOURCE), [db, key, tellUnknown]);
}

function sourceOf<K extends RecordKey>(
  db: WasmDb,
  key: K,
  tellUnknown: TellUnknown,
): Source<RecordValue<K>> {
  let newest: RecordHandle<RecordValue<K>> | null = null;
  const record = () =>
    whileAlive(() => {
      // What is no text throws, and is no key that may come.
      const isThere = typeof key !== 'string' || db.has(key);
      if ((newest === null || newest.isRemoved) && isThere) newest = db.record(key);
      return newest?.isRemoved ? null : newest;
    }, null);
  return {
    record,
    subscribe: (listener) => {
      let followed = record();
      // Not `subscribe`: that would take the mail of a mailbox, and misses a value that is gone.
      const follow = () =>
        whileAlive(() => (followed ? followed.onChange(heard) : db.onRecords(heard)), unsubscribed);
      const heard = () => {
        const now = record();
        if (now !== followed) {
          stop();
          followed = now;
          stop = follow();
        }
        listener();
      };
      let stop = follow();
      const forgive = newest === null ? expect(db, key, record, tellUnknown) : unsubscribed;
      return () => {
        forgive();
        stop();
      };
    },
    get: () => whileAlive(() => record()?.get() ?? null, null),
  };
}

/** The keys that were told of, once a database. */
const TOLD = new WeakMap<WasmDb, Set<string>>();

/** Tells of a key that has no record for long; returns what ends the wait. */
function expect(
  db: WasmDb,
  key: string,
  record: () => unknown,
  tellUnknown: TellUnknown,
): () => void {
  const told = TOLD.get(db) ?? new Set<string>();
  TOLD.set(db, told);
  const look = () => {
    if (record() !== null || told.has(key) || whileAlive(() => db.has(key), true)) return;
    const message = `a component looks at '${key}', and there is no record of that key: configure it, or is it misspelt?`;
    if (tellUnknown(new AimDbError('UNKNOWN_RECORD', message, { record: key }))) told.add(key);
    else timer = setTimeout(look, UNKNOWN_KEY_MS);
  };
  let timer = setTimeout(look, UNKNOWN_KEY_MS);
  return () => clearTimeout(timer);
}
