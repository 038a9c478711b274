/** The contracts at work: values that go in, values that do not, and what the refusal says. */
import { useAimDb, useRecord } from '@aimdb/react';
import { ContractViolation, type WasmDb } from '@aimdb/wasm';
import { useState } from 'react';

type TrialKey = 'demo.latest' | 'demo.humidity' | 'demo.position';

interface Trial {
  label: string;
  key: TrialKey;
  /** Anything at all: that is the point. */
  value: unknown;
}

const TRIALS: readonly Trial[] = [
  { label: 'a temperature of 21.1', key: 'demo.latest', value: { celsius: 21.1, timestamp: 1 } },
  {
    label: 'a temperature of "warm"',
    key: 'demo.latest',
    value: { celsius: 'warm', timestamp: 1 },
  },
  {
    label: 'a temperature of NaN',
    key: 'demo.latest',
    value: { celsius: Number.NaN, timestamp: 1 },
  },
  { label: 'a temperature without a time', key: 'demo.latest', value: { celsius: 20 } },
  {
    label: 'a time beyond 2^53',
    key: 'demo.latest',
    value: { celsius: 20, timestamp: 2 ** 53 + 2 },
  },
  { label: 'a humidity of 140 %', key: 'demo.humidity', value: { percent: 140, timestamp: 1 } },
  {
    label: 'a latitude of 91',
    key: 'demo.position',
    value: { latitude: 91, longitude: 16, timestamp: 1 },
  },
];

type Verdict = { taken: true } | { taken: false; violation: ContractViolation };

function attempt(db: WasmDb, { key, value }: Trial): Verdict {
  try {
    // The compiler would refuse most of these too; the contract does it at run time.
    db.set(key, value as never);
    return { taken: true };
  } catch (error) {
    if (error instanceof ContractViolation) return { taken: false, violation: error };
    throw error;
  }
}

export function Refusals() {
  const db = useAimDb();
  const held = useRecord('demo.latest', (value) => value.celsius);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  if (!db) return null;
  return (
    <section aria-labelledby="refusals">
      <h2 id="refusals">What a contract refuses</h2>
      <p>
        Every write is checked in this tab, by the same Rust code that runs on a server. A refused
        value changes nothing: the record holds {held === null ? 'nothing yet' : `${held} °C`}.
      </p>
      <p className="controls">
        {TRIALS.map((trial) => (
          <button key={trial.label} type="button" onClick={() => setVerdict(attempt(db, trial))}>
            {trial.label}
          </button>
        ))}
      </p>
      {verdict && <VerdictCard verdict={verdict} />}
    </section>
  );
}

function VerdictCard({ verdict }: { verdict: Verdict }) {
  if (verdict.taken) return <output className="verdict verdict-taken">Taken.</output>;
  const { code, record, path, expected, got } = verdict.violation;
  return (
    <output className="verdict verdict-refused">
      <strong>Refused ({code}).</strong>
      <dl>
        <dt>record</dt>
        <dd>{record}</dd>
        <dt>field</dt>
        <dd>{path}</dd>
        <dt>expected</dt>
        <dd>{expected}</dd>
        <dt>got</dt>
        <dd>{got}</dd>
      </dl>
    </output>
  );
}
