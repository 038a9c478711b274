/** The tank, and the valve that is opened and closed by commands which are worthless after half a minute. */
import { useOutbox } from '../context.js';
import { keyOf } from '../outbox.js';
import { useNow } from '../parts/clock.js';
import { clockTime, fixed } from '../parts/format.js';
import { FreshChip } from '../parts/freshness.js';
import { Icon } from '../parts/icons.js';
import { StateChip, stateOf } from '../parts/state.js';
import { COMMAND_MS_MAX, type Command, newId, useRecord, useSetRecord } from '../records.js';

export function TankCard() {
  const send = useSetRecord('field.commands');
  const level = useRecord('field.tank.level', ({ value }) => value);
  const isOpen = useRecord('field.tank.valve', ({ open }) => open);
  const command = (action: 'open' | 'close') =>
    send({ id: newId(), action, timestamp: Date.now() });
  return (
    <section className="card" aria-label="Tank 3">
      <header>
        <Icon name="drop" />
        <h2>Tank 3</h2>
        <FreshChip of="field.tank.level" />
      </header>
      <div className="level">
        <p className="measure">
          <b>{level === null ? '–' : fixed(level, 1)}</b>
          <span>%</span>
          <small>
            Level, inlet valve {isOpen === null ? 'unknown' : isOpen ? 'open' : 'closed'}
          </small>
        </p>
        <div className="gauge" aria-hidden="true">
          <i style={{ transform: `scaleY(${(level ?? 0) / 100})` }} />
        </div>
      </div>
      <div className="valve">
        <button
          type="button"
          className="first"
          disabled={isOpen === true}
          onClick={() => command('open')}
        >
          Open valve
        </button>
        <button
          type="button"
          className="second"
          disabled={isOpen === false}
          onClick={() => command('close')}
        >
          Close valve
        </button>
      </div>
      <LastCommand />
    </section>
  );
}

/** Where the newest command of this device is. */
function LastCommand() {
  const { waiting, letters, done } = useOutbox();
  const now = useNow();
  const mine = [...waiting, ...letters, ...done].filter(
    (write) => keyOf(write) === 'field.commands' && write.value !== undefined,
  );
  const givenAt = ({ value }: (typeof mine)[number]) => (value as Command).timestamp;
  const last = mine.sort((one, other) => givenAt(other) - givenAt(one))[0];
  if (!last) {
    return <p className="by">A command is sent within {COMMAND_MS_MAX / 1000} s, or never.</p>;
  }
  const command = last.value as Command;
  const state = stateOf(last);
  const left = Math.ceil((command.timestamp + COMMAND_MS_MAX - now) / 1000);
  const isWaiting = state === 'stored' || state === 'pending';
  return (
    <p className="by">
      <span>
        {command.action === 'open' ? 'Open' : 'Close'},{' '}
        {isWaiting && left > 0 ? `${left} s left` : clockTime(command.timestamp)}
      </span>
      <StateChip state={state} />
    </p>
  );
}
