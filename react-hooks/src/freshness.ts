/** A component's subscription to how fresh a record is. */
import type { Freshness, RecordKey } from '@aimdb/wasm';
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { useScope } from './context.js';

const local = (): Freshness => 'local';
const noSubscription = (): (() => void) => () => {};

/** How fresh what a record shows is; `local` where there is no database yet. */
export function useFreshness(key: RecordKey): Freshness {
  const { db } = useScope();
  const subscribe = useMemo(
    () => (db ? (listener: () => void) => db.onFreshnessChange(listener) : noSubscription),
    [db],
  );
  const getSnapshot = useCallback(() => db?.freshness(key) ?? 'local', [db, key]);
  return useSyncExternalStore(subscribe, getSnapshot, local);
}
