/** The second line of the page: what the app knows about its connection, always in the same place. */
import { useOutbox } from '../context.js';
import { useBridge, useConnectionStatus, useFreshness } from '../records.js';
import { useNow } from './clock.js';
import { clockTime, plural } from './format.js';
import { Icon } from './icons.js';

export function ConnectionLine() {
  const status = useConnectionStatus();
  const since = useFreshness('field.boiler.measure');
  const { waiting } = useOutbox();
  const isLive = status === 'connected';
  const isConnecting = status === 'connecting';
  const kept = waiting.length > 0 && plural(waiting.length, 'entry', 'entries');
  return (
    <div className="connection" data-status={isLive ? 'live' : isConnecting ? 'wait' : 'off'}>
      <Icon name={isLive || isConnecting ? 'cloud' : 'cloudOff'} size={22} />
      <p role="status">
        <strong>{isLive ? 'Live' : isConnecting ? 'Connecting' : offline(since)}</strong>
        <small>
          {kept && (isLive ? `Sending ${kept}` : `${kept} kept here`)}
          {kept && !isLive && !isConnecting && ', '}
          {!isLive && !isConnecting && <RetryIn />}
        </small>
      </p>
      <Retry isShown={!isLive && !isConnecting} />
    </div>
  );
}

function offline(freshness: unknown): string {
  const since = (freshness as { offlineSince?: number } | null)?.offlineSince;
  return since === undefined ? 'Offline' : `Offline since ${clockTime(since)}`;
}

function RetryIn() {
  const bridge = useBridge();
  const now = useNow();
  const retryAt = bridge?.retryAt ?? null;
  const seconds = retryAt === null ? 0 : Math.max(1, Math.ceil((retryAt - now) / 1000));
  return seconds === 0 ? 'trying now' : `next try in ${seconds} s`;
}

/** Keeps its place, so that nothing moves when the connection comes and goes. */
function Retry({ isShown }: { isShown: boolean }) {
  const bridge = useBridge();
  return (
    <button
      type="button"
      className="ghost"
      hidden={!isShown}
      onClick={() => bridge?.reconnect()}
      aria-label="Try to connect now"
    >
      <Icon name="retry" size={20} />
    </button>
  );
}
