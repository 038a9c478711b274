/** Meter readings: a form for the next one, and the last ones with where each is. */
import { type FormEvent, useState } from 'react';
import { useOutbox, useReadings } from '../context.js';
import { Empty } from '../parts/empty.js';
import { FailedActions, why } from '../parts/failed.js';
import { clockTime, localInput, number } from '../parts/format.js';
import { StateChip } from '../parts/state.js';
import { meterName } from '../parts/words.js';
import { METERS, newId, type Reading, useSetRecord } from '../records.js';
import { rowsOf } from '../rows.js';

export function ReadingsScreen() {
  return (
    <>
      <h1>Readings</h1>
      <div className="columns">
        <ReadingForm />
        <ReadingList />
      </div>
    </>
  );
}

function ReadingForm() {
  const send = useSetRecord('field.readings');
  const [meter, setMeter] = useState<(typeof METERS)[number]>(METERS[0]);
  const [text, setText] = useState('');
  const [note, setNote] = useState('');
  const [when, setWhen] = useState('');
  const [problem, setProblem] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const value = Number(text.replace(',', '.'));
    if (text.trim() === '' || !Number.isFinite(value)) return setProblem('Enter a number.');
    const timestamp = when ? new Date(when).getTime() : Date.now();
    try {
      send({
        id: newId(),
        meter: meter.id,
        value,
        unit: meter.unit,
        timestamp,
        ...(note.trim() ? { note: note.trim() } : {}),
      });
    } catch (error) {
      return setProblem(error instanceof Error ? error.message : String(error));
    }
    setText('');
    setNote('');
    setWhen('');
    setProblem('');
  };
  return (
    <form className="card form" onSubmit={submit} aria-label="New reading">
      <fieldset className="choice">
        <legend>Meter</legend>
        {METERS.map((each) => (
          <label key={each.id}>
            <input
              type="radio"
              name="meter"
              checked={each === meter}
              onChange={() => setMeter(each)}
            />
            <span>{each.name}</span>
          </label>
        ))}
      </fieldset>
      <label className="field big">
        <span>Reading in {meter.unit}</span>
        <input
          inputMode="decimal"
          autoComplete="off"
          placeholder="0"
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-invalid={problem !== ''}
          aria-describedby="reading-problem"
        />
      </label>
      <div className="pair">
        <label className="field">
          <span>Time</span>
          <input
            type="datetime-local"
            value={when || localInput(Date.now())}
            max={localInput(Date.now())}
            onChange={(event) => setWhen(event.target.value)}
          />
        </label>
        <label className="field">
          <span>Note, if any</span>
          <input value={note} maxLength={200} onChange={(event) => setNote(event.target.value)} />
        </label>
      </div>
      <p className="problem" id="reading-problem" role="alert">
        {problem}
      </p>
      <button type="submit" className="first">
        Save reading
      </button>
    </form>
  );
}

function ReadingList() {
  const rows = rowsOf<Reading>('field.readings', useReadings(), useOutbox());
  if (rows.length === 0) {
    return (
      <Empty icon="reading" title="No readings yet">
        What you save here is kept on this device and sent as soon as there is a network.
      </Empty>
    );
  }
  return (
    <ul className="list" aria-label="Last readings">
      {rows.map(({ value, state, letter }) => (
        <li key={value.id}>
          <div className="line">
            <div className="what">
              <div className="meta">
                <b>
                  {number(value.value)} <small>{value.unit}</small>
                </b>
                <StateChip state={state} />
              </div>
              <span>
                {meterName(value.meter)}, {clockTime(value.timestamp)}
              </span>
              {value.note && <em>{value.note}</em>}
            </div>
          </div>
          {letter && <p className="why">{why(letter)}</p>}
          {letter && <FailedActions letter={letter} />}
        </li>
      ))}
    </ul>
  );
}
