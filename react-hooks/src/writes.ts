/** A component's subscription to its writes: what waits, how each ended, and what came to nothing. */
import type {
  DeadLetters,
  DeadWrite,
  RecordKey,
  WriteList,
  WriteStatus,
  WsBridge,
} from '@aimdb/wasm';
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { unsubscribed, whileAlive } from './alive.js';
import { useScope } from './context.js';

const NO_WRITES: WriteList = Object.freeze({
  waiting: Object.freeze([]),
  ended: Object.freeze([]),
});
const NO_LETTERS: readonly DeadWrite[] = Object.freeze([]);
const noWrites = (): WriteList => NO_WRITES;
const noLetters = (): readonly DeadWrite[] => NO_LETTERS;
const noSubscription = (): (() => void) => unsubscribed;

function useSubscription(bridge: WsBridge | null): (listener: () => void) => () => void {
  return useMemo(
    () =>
      bridge
        ? (listener: () => void) => whileAlive(() => bridge.onWritesChange(listener), unsubscribed)
        : noSubscription,
    [bridge],
  );
}

/** The writes that wait, in order, and the 64 that ended last; none where there is no bridge. */
export function useWrites(): WriteList {
  const { bridge } = useScope();
  const getSnapshot = bridge ? () => whileAlive(() => bridge.writes(), NO_WRITES) : noWrites;
  return useSyncExternalStore(useSubscription(bridge), getSnapshot, noWrites);
}

/** Where the newest write of a record stands; null where none was made lately. */
export function useWriteStatus(key: RecordKey): WriteStatus | null {
  const { bridge } = useScope();
  const getSnapshot = useCallback(
    () => statusOf(whileAlive(() => bridge?.writes(), undefined) ?? NO_WRITES, key),
    [bridge, key],
  );
  return useSyncExternalStore(useSubscription(bridge), getSnapshot, nothing);
}

const nothing = (): null => null;

function statusOf({ waiting, ended }: WriteList, key: string): WriteStatus | null {
  const newest = waiting.findLast((write) => write.key === key);
  return newest?.status ?? ended.findLast((write) => write.key === key)?.outcome ?? null;
}

/** Writes that came to nothing, and the ways to try one again or to let it go. */
export interface DeadLetterBox {
  readonly letters: readonly DeadWrite[];
  retry(write: number): void;
  discard(write: number): void;
}

export function useDeadLetters(): DeadLetterBox {
  const { bridge } = useScope();
  const box: DeadLetters | null = bridge?.deadLetters ?? null;
  const subscribe = useMemo(
    () => (box ? (listener: () => void) => box.onChange(listener) : noSubscription),
    [box],
  );
  const letters = useSyncExternalStore(subscribe, box ? () => box.list() : noLetters, noLetters);
  return useMemo(
    () => ({
      letters,
      retry: (write) => void box?.retry(write),
      discard: (write) => box?.discard(write),
    }),
    [letters, box],
  );
}
