/** React hooks that know the paths of the firehose. */
import { createStoreHooks } from '@aimdb/react/store';
import { useCallback, useSyncExternalStore } from 'react';
import { type FirehoseData, WATCHED_PATHS } from './field.js';

export const { StoreProvider, useStore, useStoreInstance } = createStoreHooks<FirehoseData>();

/** How many watched cells are above the limit: counted over the conditions, which the rules keep. */
export function useAlarmCount(): number {
  const store = useStoreInstance();
  const subscribe = useCallback(
    (listener: () => void) => {
      const stops = WATCHED_PATHS.map((path) => store.subscribeConcerns(path, listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
    [store],
  );
  return useSyncExternalStore(
    subscribe,
    () => WATCHED_PATHS.filter((path) => store.getConcerns(path).isAlarm === true).length,
  );
}
