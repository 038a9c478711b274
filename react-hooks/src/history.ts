/** A component's subscription to the last values of a record. */
import type { RecordKey, RecordValue } from '@aimdb/wasm';
import { useMemo, useSyncExternalStore } from 'react';
import { useSource } from './source.js';

const EMPTY: readonly never[] = Object.freeze([]);
const nothing = (): readonly never[] => EMPTY;

/**
 * Up to `length` values of a ring record, oldest first; at most one of any other record. The array
 * is the same until the record changes.
 */
export function useRecordHistory<K extends RecordKey>(
  key: K,
  length: number,
): readonly RecordValue<K>[] {
  const { record, subscribe, get } = useSource(key);
  const getSnapshot = useMemo(() => {
    let newest: RecordValue<K> | null = null;
    let values: readonly RecordValue<K>[] = EMPTY;
    return () => {
      // By the value, not by the version: a refused first write goes and leaves the version as it was.
      const now = get();
      if (now !== newest) {
        newest = now;
        values = (now === null ? null : record()?.history(length)) ?? EMPTY;
      }
      return values;
    };
  }, [record, get, length]);
  return useSyncExternalStore(subscribe, getSnapshot, nothing);
}
