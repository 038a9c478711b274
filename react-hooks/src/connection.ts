/** A component's subscription to the state of the bridge. */
import type { BridgeStatus } from '@aimdb/wasm';
import { useMemo, useSyncExternalStore } from 'react';
import { unsubscribed, whileAlive } from './alive.js';
import { useScope } from './context.js';

const disconnected = (): BridgeStatus => 'disconnected';
const noSubscription = (): (() => void) => unsubscribed;

/** Whether the tab mirrors its server right now; `disconnected` where there is no bridge. */
export function useConnectionStatus(): BridgeStatus {
  const { bridge } = useScope();
  const subscribe = useMemo(
    () =>
      bridge
        ? (listener: () => void) =>
            whileAlive(() => bridge.onStatusChange(() => listener()), unsubscribed)
        : noSubscription,
    [bridge],
  );
  const getSnapshot = bridge
    ? () => whileAlive(() => bridge.status(), 'disconnected')
    : disconnected;
  return useSyncExternalStore(subscribe, getSnapshot, disconnected);
}
