/** Time as something a component can look at: a second that ticks, and how long a record has been silent. */
import { useAimDb } from '@aimdb/react';
import { useMemo, useSyncExternalStore } from 'react';
import type { LiveKey } from './records.js';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One timer for everyone who looks, and none when nobody does. */
export function everySecond(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of [...listeners]) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Reads something each second; the component renders when it changed. */
export function useEachSecond<T extends string | number | boolean | null>(read: () => T): T {
  return useSyncExternalStore(everySecond, read);
}

/**
 * Whole seconds since the record last got a value here, or null before the first. It counts arrivals,
 * not the value's own timestamp, because the clocks of two machines need not agree.
 */
export function useSilence(key: LiveKey): number | null {
  const db = useAimDb();
  const store = useMemo(() => {
    let arrivedAt: number | null = null;
    const subscribe = (listener: () => void) => {
      const offClock = everySecond(listener);
      const offRecord = db?.subscribe(key, () => {
        arrivedAt = performance.now();
        listener();
      });
      return () => {
        offClock();
        offRecord?.();
      };
    };
    const get = () =>
      arrivedAt === null ? null : Math.floor((performance.now() - arrivedAt) / 1000);
    return { subscribe, get };
  }, [db, key]);
  return useSyncExternalStore(store.subscribe, store.get);
}
