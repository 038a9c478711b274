/** What can be done about a write that came to nothing. */
import type { DeadWrite } from '@aimdb/wasm';
import { useApp } from '../context.js';
import { isOvertaken, keyOf } from '../outbox.js';
import { isSetpoint, type Setpoint } from '../records.js';
import { Icon } from './icons.js';
import { setpointText } from './words.js';

const WHY: Record<string, string> = {
  expired: 'There was no network in time, so it was not carried out.',
  not_stored: 'This device had no room for it.',
  offline: 'There was no network.',
  superseded: 'Somebody else had changed it meanwhile.',
  queue_full: 'Too many entries were waiting.',
};

export function why(letter: DeadWrite): string {
  const { reason = '', message = '', outcome } = letter;
  if (outcome === 'unknown') return `Nobody knows whether the server took it. ${message}`;
  return whoWon(letter) ?? WHY[reason] ?? (message || reason);
}

/** Both values, where the server told which one is there instead. */
function whoWon(letter: DeadWrite): string | null {
  const key = keyOf(letter);
  if (!isOvertaken(letter) || !isSetpoint(key) || !letter.winner) return null;
  // Both were held against the contract, by the server and here.
  const [mine, winner] = [letter.value as Setpoint, letter.winner as Setpoint];
  return `You set ${setpointText(key, mine)}, ${winner.by} set ${setpointText(key, winner)} meanwhile.`;
}

export function FailedActions({ letter }: { letter: DeadWrite }) {
  const { session } = useApp();
  return (
    <div className="actions">
      <button type="button" className="second" onClick={() => session.retry(letter)}>
        <Icon name="retry" size={18} /> {isOvertaken(letter) ? 'Set anyway' : 'Try again'}
      </button>
      <button type="button" className="ghost" onClick={() => session.discard(letter)}>
        <Icon name="trash" size={18} /> Discard
      </button>
    </div>
  );
}
