/** What the page knows about its connection, said plainly. */
import { useBridge, useConnectionStatus } from '@aimdb/react';
import type { BridgeStatus } from '@aimdb/wasm';
import { useMemo, useSyncExternalStore } from 'react';
import { useEachSecond } from './clock.js';

const none = (): (() => void) => () => {};

/** Writes that the server has not answered yet. */
function usePendingWrites(): number {
  const bridge = useBridge();
  const subscribe = useMemo(
    () => (bridge ? (listener: () => void) => bridge.onPendingChange(() => listener()) : none),
    [bridge],
  );
  return useSyncExternalStore(subscribe, () => bridge?.pendingWrites ?? 0);
}

/** Seconds until the bridge tries again, or null when it is not waiting. */
function useRetrySeconds(): number | null {
  const bridge = useBridge();
  return useEachSecond(() => {
    const retryAt = bridge?.retryAt ?? null;
    return retryAt === null ? null : Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
  });
}

const SHORT: Record<BridgeStatus, string> = {
  connecting: 'Connecting',
  connected: 'Live',
  reconnecting: 'Reconnecting',
  disconnected: 'Offline',
  'needs-auth': 'Sign in',
};

/** One word and a dot, always on the page. */
export function ConnectionBadge() {
  const status = useConnectionStatus();
  return (
    <output className="connection" data-status={status}>
      <i aria-hidden="true" />
      {SHORT[status]}
    </output>
  );
}

/** A whole line, only while something is not as it should be. */
export function ConnectionBanner() {
  const status = useConnectionStatus();
  const pending = usePendingWrites();
  const seconds = useRetrySeconds();
  if (status === 'connected') return null;
  return (
    <div className="banner" role="alert" data-status={status}>
      <strong>{sentence(status)}</strong>
      {status === 'reconnecting' && (
        <span>{seconds ? `Next try in ${seconds} s.` : 'Trying now.'}</span>
      )}
      {status !== 'connecting' && <span>Values below are the last ones that arrived.</span>}
      {pending > 0 && <span className="queued">{queued(pending)}</span>}
    </div>
  );
}

function sentence(status: BridgeStatus): string {
  if (status === 'connecting') return 'Connecting to the server.';
  if (status === 'reconnecting') return 'The server does not answer.';
  if (status === 'needs-auth') return 'The server wants to know who you are.';
  return 'Offline: this page has stopped trying.';
}

function queued(count: number): string {
  return count === 1 ? '1 write queued.' : `${count} writes queued.`;
}
