/** A record by its key as something to subscribe to, whichever record has the key. */
import type { RecordHandle, RecordKey, RecordValue, WasmDb } from '@aimdb/wasm';
import { useMemo } from 'react';
import { useScope } from './context.js';

/** The record of a key in the shape that `useSyncExternalStore` wants. */
export interface Source<V> {
  /** The record that has the key now; null while none has it. */
  readonly record: () => RecordHandle<V> | null;
  readonly subscribe: (listener: () => void) => () => void;
  readonly get: () => V | null;
}

const nothing = (): null => null;
const NO_SOURCE: Source<never> = { record: nothing, subscribe: () => () => {}, get: nothing };

/**
 * The key's source: the same until database or key change. There must be a record when it is first looked up; when that
 * one is removed, the next one of the key is followed.
 */
export function useSource<K extends RecordKey>(key: K): Source<RecordValue<K>> {
  const { db } = useScope();
  return useMemo(() => (db ? sourceOf(db, key) : NO_SOURCE), [db, key]);
}

function sourceOf<K extends RecordKey>(db: WasmDb, key: K): Source<RecordValue<K>> {
  let newest = db.record(key);
  const record = () => {
    if (newest.isRemoved && db.has(key)) newest = db.record(key);
    return newest.isRemoved ? null : newest;
  };
  return {
    record,
    subscribe: (listener) => {
      let followed = record();
      // Not `subscribe`: that would take the mail of a mailbox, and misses a value that is gone.
      const follow = () => (followed ? followed.onChange(heard) : db.onRecords(heard));
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
      return () => stop();
    },
    get: () => record()?.get() ?? null,
  };
}
