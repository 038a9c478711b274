/** A server render: the import touches no browser, records are null, suspended parts show their fallback. */
import { Suspense } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import {
  AimDbProvider,
  useConnectionStatus,
  useRecord,
  useRecordHistory,
  useSuspenseRecord,
} from '../src/index.js';
import { celsius, database, RECORDS } from './database.js';

function Page() {
  const value = useRecord('room.vienna');
  const history = useRecordHistory('log', 5);
  const status = useConnectionStatus();
  return (
    <p>{`${value === null ? 'no value' : value.celsius}, ${history.length} kept, ${status}`}</p>
  );
}

function Suspended() {
  return <p>{useSuspenseRecord('room.vienna').celsius}</p>;
}

test('a provider with options renders null values and starts nothing', () => {
  const html = renderToString(
    <AimDbProvider options={{ records: RECORDS, bridge: { url: 'ws://127.0.0.1:9/ws' } }}>
      <Page />
    </AimDbProvider>,
  );
  expect(html).toBe('<p>no value, 0 kept, disconnected</p>');
});

test('a provider with a fallback renders it', () => {
  const html = renderToString(
    <AimDbProvider options={{ records: RECORDS }} fallback={<i>starting</i>}>
      <Page />
    </AimDbProvider>,
  );
  expect(html).toBe('<i>starting</i>');
});

test('a database that has values renders null too, so that the browser can hydrate', async () => {
  const db = await database();
  db.set('room.vienna', celsius(3));
  const html = renderToString(
    <AimDbProvider db={db}>
      <Page />
    </AimDbProvider>,
  );
  expect(html).toBe('<p>no value, 0 kept, disconnected</p>');
});

test('a suspended part renders its fallback and leaves the rest to the browser', () => {
  const html = renderToString(
    <AimDbProvider options={{ records: RECORDS }}>
      <Suspense fallback={<i>waiting</i>}>
        <Suspended />
      </Suspense>
    </AimDbProvider>,
  );
  expect(html).toContain('<i>waiting</i>');
});
