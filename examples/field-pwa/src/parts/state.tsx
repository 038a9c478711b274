/** Where a write is, in a word and a picture, the same everywhere. */
import type { Ended, Letter, Waiting } from '../outbox.js';
import { Icon, type IconName } from './icons.js';

export type WriteState = Waiting['state'] | Ended['state'] | Letter['state'];

interface Look {
  readonly word: string;
  readonly icon: IconName;
  readonly tone: 'quiet' | 'wait' | 'sent' | 'good' | 'bad';
}

const LOOKS: Record<WriteState, Look> = {
  local: { word: 'Storing', icon: 'clock', tone: 'quiet' },
  stored: { word: 'On this device', icon: 'device', tone: 'wait' },
  sent: { word: 'Sent, unanswered', icon: 'sent', tone: 'sent' },
  acknowledged: { word: 'Delivered', icon: 'check', tone: 'good' },
  superseded: { word: 'Replaced', icon: 'twice', tone: 'quiet' },
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
