/** A component's subscription to how fresh a record is. */
import type { Freshness, RecordKey, WasmDb } from '@aimdb/wasm';
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { unsubscribed, whileAlive } from './alive.js';
import { useScope } from './context.js';

const local = (): Freshness => 'local';
const noSubscription = (): (() => void) => unsubscribed;

/** How fresh what a record shows is; `local` where there is no database, or no record of the key, yet. */
export function useFreshness(key: RecordKey): Freshness {
  const { db } = useScope();
  const subscribe = useMemo(() => (db ? subscriptionTo(db) : noSubscription), [db]);
  const getSnapshot = useCallback(
    () => whileAlive<Freshness>(() => (db?.has(key) ? db.freshness(key) : 'local'), 'local'),
    [db, key],
  );
  return useSyncExternalStore(subscribe, getSnapshot, local);
}

function subscriptionTo(db: WasmDb): (listener: () => void) => () => void {
  return (listener) =>
    whileAlive(() => {
      // The record may come, or another one of its key.
      const stops = [db.onFreshnessChange(listener), db.onRecords(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    }, unsubscribed);
}
