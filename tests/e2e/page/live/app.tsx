/** A page of a developer: live values, one of its own, and what went wrong. A story edits this file while the page is open. */
import { AimDbProvider, useAimDb, useConnectionStatus, useRecord } from '@aimdb/react';
import { useState, version } from 'react';
import { options } from './options.js';

interface Celsius {
  celsius: number;
}

function Value({ name }: { name: string }) {
  const value = useRecord(name) as Celsius | null;
  return <output id={name}>{value === null ? 'no value' : value.celsius}</output>;
}

function Notes() {
  const db = useAimDb();
  const [count, setCount] = useState(0);
  const note = () => {
    setCount(count + 1);
    db?.set('notes.mine', { celsius: 20 + count, timestamp: 1 });
  };
  return (
    <button type="button" disabled={!db} onClick={note}>
      note {count}
    </button>
  );
}

function Status() {
  return <p id="status">{useConnectionStatus()}</p>;
}

export function App() {
  return (
    <AimDbProvider
      options={options}
      errorFallback={(error) => <p id="failed">{(error as Error).message}</p>}
    >
      <h1>before</h1>
      <Value name="sensors.temperature.vienna" />
      <Value name="notes.mine" />
      <Value name="sensors.humidity.vienna" />
      <Notes />
      <Status />
      <p id="react">{version}</p>
    </AimDbProvider>
  );
}
