/** The keys of all records, for who shows what a bridge has adopted. */
import type { WasmDb } from '@aimdb/wasm';
import { useMemo, useSyncExternalStore } from 'react';
import { unsubscribed, whileAlive } from './alive.js';
import { useScope } from './context.js';

const NO_KEYS: readonly string[] = Object.freeze([]);
const none = (): readonly string[] => NO_KEYS;

/**
 * The keys of all records in the order in which they were configured: the same list until one comes or goes. Empty
 * while the database is being made and in a server render.
 */
export function useRecordKeys(): readonly string[] {
  const { db } = useScope();
  const source = useMemo(() => (db ? keysOf(db) : null), [db]);
  return useSyncExternalStore(source?.subscribe ?? nobody, source?.get ?? none, none);
}

const nobody = (): (() => void) => () => {};

function keysOf(db: WasmDb) {
  let keys = Object.freeze(keysNow());
  const get = (): readonly string[] => {
    const now = keysNow();
    const isSame = now.length === keys.length && now.every((key, at) => key === keys[at]);
    if (!isSame) keys = Object.freeze(now);
    return keys;
  };
  return {
    get,
    subscribe: (listener: () => void) => whileAlive(() => db.onRecords(listener), unsubscribed),
  };

  function keysNow(): string[] {
    return whileAlive(() => db.keys(), []);
  }
}
