/** A machine that follows a setpoint, and the setpoint with a stepper. */
import type { DeadWrite } from '@aimdb/wasm';
import { useState } from 'react';
import { useApp, useOutbox } from '../context.js';
import { type Done, isOvertaken, keyOf } from '../outbox.js';
import { FailedActions, why } from '../parts/failed.js';
import { clockTime, fixed } from '../parts/format.js';
import { FreshChip } from '../parts/freshness.js';
import { Icon, type IconName } from '../parts/icons.js';
import { technician } from '../parts/name.js';
import { StateChip, stateOf } from '../parts/state.js';
import { setpointText } from '../parts/words.js';
import {
  type MeasureKey,
  type Setpoint,
  type SetpointKey,
  useRecord,
  useSetRecord,
} from '../records.js';

interface Props {
  readonly name: string;
  readonly icon: IconName;
  readonly what: string;
  readonly measure: MeasureKey;
  readonly setpoint: SetpointKey;
  readonly unit: string;
  readonly step: number;
  readonly min: number;
  readonly max: number;
}

export function SetpointCard(props: Props) {
  const { name, icon, what, measure, unit } = props;
  const measured = useRecord(measure, ({ value }) => value);
  return (
    <section className="card" aria-label={name}>
      <header>
        <Icon name={icon} />
        <h2>{name}</h2>
        <FreshChip of={measure} />
      </header>
      <p className="measure">
        <b>{measured === null ? '–' : fixed(measured, 1)}</b>
        <span>{unit}</span>
        <small>{what}</small>
      </p>
      <Stepper {...props} />
    </section>
  );
}

function Stepper({ name, setpoint: key, unit, step, min, max }: Props) {
  const { session } = useApp();
  const send = useSetRecord(key);
  const current = useRecord(key);
  const overtaken = useOvertaken(key);
  const [draft, setDraft] = useState<number | null>(null);
  const shown = draft ?? current?.value ?? null;
  const isChanged = draft !== null && draft !== current?.value;
  const move = (by: number) => {
    const next = Math.round(((shown ?? min) + by) / step) * step;
    setDraft(Number(Math.min(max, Math.max(min, next)).toFixed(2)));
  };
  const set = () => {
    if (draft === null) return;
    const by = technician() || 'technician';
    send({ value: draft, by, timestamp: Date.now() });
    setDraft(null);
    // Who sets it anew has decided.
    for (const letter of overtaken) session.discard(letter);
  };
  return (
    <div className="setpoint">
      <fieldset className="stepper">
        <legend>Setpoint of {name}</legend>
        <button
          type="button"
          onClick={() => move(-step)}
          aria-label="Lower"
          disabled={shown === min}
        >
          <Icon name="minus" />
        </button>
        <output data-changed={isChanged}>
          {shown === null ? '–' : fixed(shown, 1)} <small>{unit}</small>
        </output>
        <button
          type="button"
          onClick={() => move(step)}
          aria-label="Raise"
          disabled={shown === max}
        >
          <Icon name="plus" />
        </button>
      </fieldset>
      <button type="button" className="first" disabled={!isChanged} onClick={set}>
        Set
      </button>
      <SetBy of={key} current={current} isDrafting={isChanged} />
      {overtaken.slice(0, 1).map((letter) => (
        <div className="overtaken" role="alert" key={letter.write}>
          <p className="why">{why(letter)}</p>
          <FailedActions letter={letter} />
        </div>
      ))}
    </div>
  );
}

/** Setpoints of this device that somebody else's came before, the newest first. */
function useOvertaken(key: SetpointKey): readonly DeadWrite[] {
  const { letters } = useOutbox();
  return letters.filter((letter) => keyOf(letter) === key && isOvertaken(letter));
}

interface SetByProps {
  readonly of: SetpointKey;
  readonly current: Setpoint | null;
  /** The stepper shows another value. */
  readonly isDrafting: boolean;
}

/** Who set it and when, and where the write is if it was one of this device. */
function SetBy({ of, current, isDrafting }: SetByProps) {
  const { waiting, done } = useOutbox();
  const isShown = ({ value }: Done) => (value as Setpoint)?.timestamp === current?.timestamp;
  const mine =
    waiting.findLast((write) => keyOf(write) === of) ??
    done.find((write) => keyOf(write) === of && isShown(write));
  return (
    <p className="by">
      <span>
        {current && isDrafting && `${setpointText(of, current)}, `}
        {current ? `${current.by}, ${clockTime(current.timestamp)}` : 'No setpoint yet'}
      </span>
      {mine && <StateChip state={stateOf(mine)} />}
    </p>
  );
}
