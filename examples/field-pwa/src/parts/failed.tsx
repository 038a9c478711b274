/** What can be done about a write that came to nothing. */
import type { DeadLetter } from '@aimdb/wasm/storage';
import { useApp } from '../context.js';
import type { Letter } from '../outbox.js';
import { type Key, type Records, renewed } from '../records.js';
import type { RecordInput } from '@aimdb/wasm';
import { Icon } from './icons.js';

const WHY: Record<string, string> = {
  expired: 'There was no network in time, so it was never sent.',
  not_stored: 'This device had no room for it.',
  offline: 'There was no network.',
  queue_full: 'Too many entries were waiting.',
};

export function why({ reason, message, state }: Letter): string {
  if (state === 'unknown') return `Nobody knows whether the server took it. ${message}`;
  return WHY[reason] ?? (message || reason);
}

export function FailedActions({ letter }: { letter: DeadLetter<Letter> }) {
  const { session } = useApp();
  const { key, value } = letter.letter;
  const again = async () => {
    const input = renewed(key, value) as RecordInput<Key, Records>;
    await session.write(key as Key, input);
    await session.outbox.discard(letter);
  };
  return (
    <div className="actions">
      {value !== undefined && (
        <button type="button" className="second" onClick={() => void again()}>
          <Icon name="retry" size={18} /> Try again
        </button>
      )}
      <button type="button" className="ghost" onClick={() => void session.outbox.discard(letter)}>
        <Icon name="trash" size={18} /> Discard
      </button>
    </div>
  );
}
