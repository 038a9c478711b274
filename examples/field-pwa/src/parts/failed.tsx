/** What can be done about a write that came to nothing. */
import type { DeadWrite } from '@aimdb/wasm';
import { useApp } from '../context.js';
import { Icon } from './icons.js';

const WHY: Record<string, string> = {
  expired: 'There was no network in time, so it was not carried out.',
  not_stored: 'This device had no room for it.',
  offline: 'There was no network.',
  superseded: 'Somebody else had changed it meanwhile.',
  queue_full: 'Too many entries were waiting.',
};

export function why({ reason = '', message = '', outcome }: DeadWrite): string {
  if (outcome === 'unknown') return `Nobody knows whether the server took it. ${message}`;
  return WHY[reason] ?? (message || reason);
}

export function FailedActions({ letter }: { letter: DeadWrite }) {
  const { session } = useApp();
  return (
    <div className="actions">
      <button type="button" className="second" onClick={() => void session.retry(letter)}>
        <Icon name="retry" size={18} /> Try again
      </button>
      <button type="button" className="ghost" onClick={() => void session.discard(letter)}>
        <Icon name="trash" size={18} /> Discard
      </button>
    </div>
  );
}
