/** The setpoint of room 1, the one thing on the wall that a person changes, and the room that follows it. */
import { useBridge, useRecord, useSetRecord } from '@aimdb/react';
import { ContractViolation, type Temperature } from '@aimdb/wasm';
import { type FormEvent, useMemo, useState, useSyncExternalStore } from 'react';
import { Chart } from '../chart.js';
import { fixed } from '../format.js';
import { Big, Fact, Panel } from '../panel.js';
import { WriteLog, type WrittenSetpoint } from '../write-log.js';
import { usePoints } from './host.js';

const KEY = 'commands.setpoint.room1';
const ROOM = 'sensors.temperature.room1';
const TOPIC = 'commands/setpoint/room1';
const LOW = 5;
const HIGH = 35;
const STEP = 0.5;
const START = 20;

const celsiusOf = (value: Readonly<Temperature>) => value.celsius;

export function SetpointPanel() {
  const setpoint = useRecord(KEY);
  const room = useRecord(ROOM, celsiusOf);
  const set = useSetRecord(KEY);
  const bridge = useBridge();
  const log = useMemo(() => new WriteLog(bridge, TOPIC), [bridge]);
  const entries = useSyncExternalStore(log.subscribe, log.getSnapshot);
  const [dragged, setDragged] = useState<number | null>(null);

  const write = (celsius: number) => {
    setDragged(null);
    try {
      set({ celsius, timestamp: Date.now() });
      log.sent(celsius);
    } catch (error) {
      if (!(error instanceof ContractViolation)) throw error;
      log.refusedHere(celsius, `${error.path} must be ${error.expected}, not ${error.got}`);
    }
  };

  const shown = dragged ?? setpoint?.celsius ?? START;
  return (
    <Panel title="Setpoint, room 1" area="setpoint">
      <div className="stations">
        <Big value={dragged === null && !setpoint ? null : fixed(shown, 1)} unit="°C" />
        {room !== null && (
          <dl className="facts facts-end">
            <Fact label="the room follows" swatch="teal">
              {fixed(room, 1)} °C
            </Fact>
          </dl>
        )}
      </div>
      <label className="slider">
        <span>{LOW}°</span>
        <input
          type="range"
          aria-label="Setpoint in degrees"
          min={LOW}
          max={HIGH}
          step={STEP}
          value={shown}
          onChange={(event) => setDragged(event.target.valueAsNumber)}
          onPointerUp={(event) => write(event.currentTarget.valueAsNumber)}
          onKeyUp={(event) => write(event.currentTarget.valueAsNumber)}
        />
        <span>{HIGH}°</span>
      </label>
      <ExactField onWrite={write} />
      <ol className="writes" aria-label="What was written">
        {entries.map((entry) => (
          <Written key={entry.id} entry={entry} />
        ))}
      </ol>
      {room !== null && <RoomChart />}
    </Panel>
  );
}

const degrees = (value: number) => `${fixed(value, 1)}°`;
const roomPoint = (value: Readonly<Temperature>) => [value.timestamp, value.celsius] as const;

function RoomChart() {
  const points = usePoints(ROOM, roomPoint);
  const series = useMemo(() => [{ label: 'room 1', color: 'teal', points }] as const, [points]);
  return <Chart series={series} format={degrees} spanMin={2} />;
}

/** Any number at all: the contract decides, and says why when it refuses. */
function ExactField({ onWrite }: { onWrite: (celsius: number) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem('celsius') as HTMLInputElement;
    if (field.value !== '') onWrite(field.valueAsNumber);
  };
  return (
    <form className="exact" onSubmit={submit}>
      <input
        name="celsius"
        type="number"
        step="any"
        inputMode="decimal"
        aria-label="Exact setpoint in degrees"
        placeholder="any number, 150 too"
      />
      <button type="submit">Write</button>
    </form>
  );
}

const STATE_TEXT: Record<WrittenSetpoint['state'], string> = {
  pending: 'waiting for the server',
  confirmed: 'confirmed by the server',
  sent: 'sent: this server does not confirm',
  refused: 'refused',
  dropped: 'dropped',
  unknown: 'may have been taken',
};

function Written({ entry }: { entry: WrittenSetpoint }) {
  return (
    <li data-state={entry.state}>
      <span className="number">{fixed(entry.celsius, 1)} °C</span>
      <span>
        {STATE_TEXT[entry.state]}
        {entry.reason && `: ${entry.reason}`}
      </span>
    </li>
  );
}
