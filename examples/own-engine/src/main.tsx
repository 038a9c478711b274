/** Sets the pump and shows the meters; what lies between is Rust, in the same database. */
import { AimDbProvider, useAimDb, useRecord, useRecordHistory, useSetRecord } from '@aimdb/react';
import init, { AimDbError } from '@aimdb/wasm';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import * as glue from '../pkg/own_engine.js';
import type { Pump } from './records.js';

const OFF: Pump = { on: false, stages: [{ rpm: 0 }] };
/** The graph has configured all of them. */
const OPTIONS = { records: {} };

function Controls() {
  const pump = useRecord('pump') ?? OFF;
  const set = useSetRecord('pump');
  const [refusal, setRefusal] = useState('');
  const [rpm, setRpm] = useState('1500');
  const write = (next: Pump) => {
    try {
      set(next);
      setRefusal('');
    } catch (error) {
      if (!(error instanceof AimDbError)) throw error;
      setRefusal(error.message);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        write({ on: true, stages: [{ rpm: 2000 }, { rpm: Number(rpm) }] });
      }}
    >
      <label>
        Second stage <input value={rpm} onChange={(event) => setRpm(event.target.value)} /> rpm
      </label>
      <button type="submit">Run</button>
      <button type="button" onClick={() => write({ ...pump, on: false })}>
        Stop
      </button>
      <output data-testid="pump">{pump.on ? 'runs' : 'stands'}</output>
      <output data-testid="refusal">{refusal}</output>
    </form>
  );
}

function Meters() {
  const db = useAimDb();
  const flow = useRecord('flow', (meter) => meter.value);
  const power = useRecord('power', (meter) => meter.value);
  const pressures = useRecordHistory('pressure', 5).map((meter) => meter.value);
  return (
    <dl>
      <dt>records</dt>
      <dd data-testid="keys">{db?.keys().join(' ')}</dd>
      <dt>flow</dt>
      <dd data-testid="flow">{flow === null ? '-' : `${flow} l/s`}</dd>
      <dt>power</dt>
      <dd data-testid="power">{power === null ? '-' : `${power} W`}</dd>
      <dt>pressure</dt>
      <dd data-testid="pressure">{pressures.join(' ')} bar</dd>
    </dl>
  );
}

await init({ glue });
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <AimDbProvider options={OPTIONS}>
      <h1>An engine of one’s own</h1>
      <Controls />
      <Meters />
    </AimDbProvider>
  </StrictMode>,
);
