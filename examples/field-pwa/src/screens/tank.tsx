/** The tank, and the valve that is opened and closed by commands which are worthless after half a minute. */
import { useApp, useOutbox } from '../context.js';
import { useNow } from '../parts/clock.js';
import { clockTime, fixed } from '../parts/format.js';
import { FreshChip } from '../parts/freshness.js';
import { Icon } from '../parts/icons.js';
import { StateChip, type WriteState } from '../parts/state.js';
import { COMMAND_MS_MAX, type Command, newId, useRecord } from '../records.js';

export function TankCard() {
  const { session } = useApp();
  const level = useRecord('field.tank.level', ({ value }) => value);
  const isOpen = useRecord('field.tank.valve', ({ open }) => open);
  const command = (action: 'open' | 'close') =>
    void session.write('field.commands', { id: newId(), action, timestamp: Date.now() });
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
  const { waiting, letters, ended } = useOutbox();
  const now = useNow();
  const of = 'field.commands';
  const found: { value: unknown; state: WriteState }[] = [
    ...waiting.filter(({ key }) => key === of),
    ...letters.map(({ letter }) => letter).filter(({ key }) => key === of),
    ...ended.filter(({ key }) => key === of),
  ];
  const last = found
    .map(({ value, state }) => ({ command: value as Command | undefined, state }))
    .sort((one, other) => (other.command?.timestamp ?? 0) - (one.command?.timestamp ?? 0))[0];
  if (!last?.command) {
    return <p className="by">A command is sent within {COMMAND_MS_MAX / 1000} s, or never.</p>;
  }
  const { command, state } = last;
  const left = Math.ceil((command.timestamp + COMMAND_MS_MAX - now) / 1000);
  const isWaiting = state === 'stored' || state === 'local';
  return (
    <p className="by" role="status">
      <span>
        {command.action === 'open' ? 'Open' : 'Close'}, {clockTime(command.timestamp)}
        {isWaiting && left > 0 && `, worthless in ${left} s`}
      </span>
      <StateChip state={state} />
    </p>
  );
}
