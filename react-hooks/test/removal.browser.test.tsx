/** Components whose record goes, and comes again. */
import type { WasmDb } from '@aimdb/wasm';
import { StrictMode, Suspense } from 'react';
import { expect, test } from 'vitest';
import { render } from 'vitest-browser-react';
import {
  AimDbProvider,
  useRecord,
  useRecordHistory,
  useSetRecord,
  useSuspenseRecord,
} from '../src/index.js';
import { celsius, database, RECORDS } from './database.js';

const counter = { renders: 0 };

function Degrees() {
  const value = useRecord('room.vienna');
  const rounded = useRecord('room.vienna', ({ celsius }) => Math.round(celsius));
  counter.renders += 1;
  return <output>{value === null ? `none ${rounded}` : `${value.celsius} ${rounded}`}</output>;
}

function Past() {
  const values = useRecordHistory('log', 3);
  return <output>{values.map((value) => value.celsius).join(' ') || 'none'}</output>;
}

function Awaited() {
  return <output>{useSuspenseRecord('room.vienna').celsius}</output>;
}

const again = (db: WasmDb, key: 'room.vienna' | 'log') => db.configureRecord(key, RECORDS[key]);

test.each([false, true])(
  'shows null, then the next record of the key (strict: %s)',
  async (strict) => {
    const db = await database();
    db.set('room.vienna', celsius(20.4));
    const page = (
      <AimDbProvider db={db}>
        <Degrees />
      </AimDbProvider>
    );
    const screen = await render(strict ? <StrictMode>{page}</StrictMode> : page);
    const shown = screen.getByRole('status');
    await expect.element(shown).toHaveTextContent('20.4 20');
    db.removeRecord('room.vienna');
    await expect.element(shown).toHaveTextContent('none null');
    again(db, 'room.vienna');
    db.set('room.vienna', celsius(21.6));
    await expect.element(shown).toHaveTextContent('21.6 22');
    db.set('room.vienna', celsius(22));
    await expect.element(shown).toHaveTextContent('22 22');
    // Removed and there again within one turn.
    db.removeRecord('room.vienna');
    again(db, 'room.vienna');
    await expect.element(shown).toHaveTextContent('none null');
    const before = counter.renders;
    db.set('room.berlin', celsius(1));
    db.configureRecord('another', RECORDS.log);
    db.set('room.vienna', celsius(23));
    await expect.element(shown).toHaveTextContent('23 23');
    expect(counter.renders).toBe(before + (strict ? 2 : 1));
  },
);

test('renders once for a record that goes, and not for others that come', async () => {
  const db = await database();
  db.set('room.vienna', celsius(20));
  const screen = await render(
    <AimDbProvider db={db}>
      <Degrees />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('20 20');
  const before = counter.renders;
  db.removeRecord('room.vienna');
  await expect.element(screen.getByRole('status')).toHaveTextContent('none null');
  expect(counter.renders).toBe(before + 1);
  db.configureRecord('another', RECORDS.log);
  db.removeRecord('another');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(counter.renders).toBe(before + 1);
  await screen.unmount();
  again(db, 'room.vienna');
  db.set('room.vienna', celsius(1));
});

test('a history is empty, then that of the next record', async () => {
  const db = await database();
  db.set('log', celsius(1));
  db.set('log', celsius(2));
  const screen = await render(
    <AimDbProvider db={db}>
      <Past />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('1 2');
  db.removeRecord('log');
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  again(db, 'log');
  db.set('log', celsius(3));
  await expect.element(screen.getByRole('status')).toHaveTextContent('3');
});

test('suspends until the next record has a value', async () => {
  const db = await database();
  db.set('room.vienna', celsius(1));
  const screen = await render(
    <AimDbProvider db={db}>
      <Suspense fallback={<p>waiting</p>}>
        <Awaited />
      </Suspense>
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('1');
  db.removeRecord('room.vienna');
  await expect.element(screen.getByText('waiting')).toBeVisible();
  again(db, 'room.vienna');
  db.set('room.vienna', celsius(2));
  await expect.element(screen.getByRole('status')).toHaveTextContent('2');
});

test('a setter writes the record that has the key', async () => {
  const db = await database();
  let set: (value: ReturnType<typeof celsius>) => void = () => {};
  function Setter() {
    set = useSetRecord('room.vienna');
    return null;
  }
  await render(
    <AimDbProvider db={db}>
      <Setter />
    </AimDbProvider>,
  );
  db.removeRecord('room.vienna');
  expect(() => set(celsius(1))).toThrow('configure it first');
  again(db, 'room.vienna');
  set(celsius(2));
  expect(db.get('room.vienna')?.celsius).toBe(2);
});
