/** A component's subscription to the state of the bridge. */
import type { BridgeStatus } from '@aimdb/wasm';
import { useMemo, useSyncExternalStore } from 'react';
import { useScope } from './context.js';

const disconnected = (): BridgeStatus => 'disconnected';
const noSubscription = (): (() => void) => () => {};

/** Whether the tab mirrors its server right now; `disconnected` where there is no bridge. */
export function useConnectionStatus(): BridgeStatus {
  const { bridge } = useScope();
  const subscribe = useMemo(
    () =>
      bridge ? (listener: () => void) => bridge.onStatusChange(() => listener()) : noSubscription,
    [bridge],
  );
  const getSnapshot = bridge ? () => bridge.status() : disconnected;
  return useSyncExternalStore(subscribe, getSnapshot, disconnected);
}
