/** Where a write is, in a word and a picture, the same everywhere. */
import type { EndedWrite, WaitingWrite } from '@aimdb/wasm';
import { isOvertaken, isReplaced, isTaken } from '../outbox.js';
import { Icon, type IconName } from './icons.js';

export type WriteState =
  | WaitingWrite['status']
  | 'delivered'
  | 'replaced'
  | 'overtaken'
  | 'refused'
  | 'expired'
  | 'dropped'
  | 'unknown';

export function stateOf(write: WaitingWrite | EndedWrite): WriteState {
  if ('status' in write) return write.status;
  if (isTaken(write)) return 'delivered';
  if (isReplaced(write)) return 'replaced';
  if (isOvertaken(write)) return 'overtaken';
  return write.reason === 'expired'
    ? 'expired'
    : (write.outcome as 'refused' | 'dropped' | 'unknown');
}

interface Look {
  readonly word: string;
  readonly icon: IconName;
  readonly tone: 'quiet' | 'wait' | 'sent' | 'good' | 'bad';
}

const LOOKS: Record<WriteState, Look> = {
  pending: { word: 'Storing', icon: 'clock', tone: 'quiet' },
  stored: { word: 'On this device', icon: 'device', tone: 'wait' },
  sending: { word: 'Sent, unanswered', icon: 'sent', tone: 'sent' },
  delivered: { word: 'Delivered', icon: 'check', tone: 'good' },
  replaced: { word: 'Replaced', icon: 'twice', tone: 'quiet' },
  overtaken: { word: 'Overtaken', icon: 'alert', tone: 'bad' },
  refused: { word: 'Refused', icon: 'alert', tone: 'bad' },
  expired: { word: 'Expired', icon: 'alert', tone: 'bad' },
  dropped: { word: 'Not sent', icon: 'alert', tone: 'bad' },
  unknown: { word: 'Outcome unknown', icon: 'alert', tone: 'bad' },
};

export function StateChip({ state }: { state: WriteState }) {
  const { word, icon, tone } = LOOKS[state];
  return (
    <span className="chip" data-tone={tone} data-state={state}>
      <Icon name={icon} size={16} />
      {word}
    </span>
  );
}
