/** Selections with an equality: it compares what one selector finds in one source, and nothing else. */
import type { Temperature, WasmDb } from '@aimdb/wasm';
import init, { createStore, type Store } from '@aimdb/wasm/store';
import { expect, test } from 'vitest';
import { render } from 'vitest-browser-react';
import { AimDbProvider, useRecord } from '../src/index.js';
import { createStoreHooks } from '../src/store/index.js';
import { celsius, database, RECORDS } from './database.js';

type Room = 'room.vienna' | 'room.berlin';
type Select = (value: Readonly<Temperature>) => number;

const degrees: Select = (value) => value.celsius;
const fahrenheit: Select = (value) => value.celsius + 0.25;
/** So that what is found close to the one before is not shown. */
const isClose = (before: number, now: number) => Math.abs(before - now) < 1;

interface Page {
  db: WasmDb;
  of?: Room;
  select?: Select;
  isEqual?: typeof isClose;
}

function Close({ of = 'room.vienna', select = degrees, isEqual = isClose }: Omit<Page, 'db'>) {
  return <output>{String(useRecord(of, select, isEqual))}</output>;
}

async function rooms(vienna: number, berlin: number): Promise<WasmDb> {
  const db = await database();
  db.set('room.vienna', celsius(vienna));
  db.set('room.berlin', celsius(berlin));
  return db;
}

const page = ({ db, ...shown }: Page) => (
  <AimDbProvider db={db}>
    <Close {...shown} />
  </AimDbProvider>
);

/** Shows one page, then another in its place: each must show its own. */
async function check(first: Page, shown: string, second: Page, then: string) {
  const screen = await render(page(first));
  const output = screen.getByRole('status');
  await expect.element(output).toHaveTextContent(shown);
  await screen.rerender(page(second));
  expect(output.element().textContent).toBe(then);
  await screen.rerender(page(first));
  expect(output.element().textContent).toBe(shown);
}

test('another key shows its own selection', async () => {
  const db = await rooms(20, 20.5);
  await check({ db }, '20', { db, of: 'room.berlin' }, '20.5');
});

test('another database shows its own selection', async () => {
  await check({ db: await rooms(20, 0) }, '20', { db: await rooms(20.5, 0) }, '20.5');
});

test('another selector shows what it finds', async () => {
  const db = await rooms(20, 0);
  await check({ db }, '20', { db, select: fahrenheit }, '20.25');
});

test('another equality judges the value that is there', async () => {
  const db = await rooms(20, 0);
  const screen = await render(page({ db }));
  const output = screen.getByRole('status');
  db.set('room.vienna', celsius(20.5));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(output.element().textContent).toBe('20');
  await screen.rerender(page({ db, isEqual: Object.is }));
  expect(output.element().textContent).toBe('20.5');
});

test('the next record of a key shows its own selection, whether or not the gap is seen', async () => {
  const db = await rooms(20, 0);
  const screen = await render(page({ db }));
  const output = screen.getByRole('status');
  const again = (value: number) => {
    db.configureRecord('room.vienna', RECORDS['room.vienna']);
    db.set('room.vienna', celsius(value));
  };
  await expect.element(output).toHaveTextContent('20');
  db.removeRecord('room.vienna');
  again(20.5);
  await expect.element(output).toHaveTextContent('20.5');
  db.removeRecord('room.vienna');
  await expect.element(output).toHaveTextContent('null');
  again(20.75);
  await expect.element(output).toHaveTextContent('20.75');
});

test('what an inline selector makes is the same object while its parts are the same', async () => {
  const db = await rooms(20.2, 0);
  const found = new Set<unknown>();
  function Inline({ name }: { name: string }) {
    const isSame = (before: object, now: object) => JSON.stringify(before) === JSON.stringify(now);
    found.add(useRecord('room.vienna', (value) => [name, Math.round(value.celsius)], isSame));
    return <output>{name}</output>;
  }
  const shown = (name: string) => (
    <AimDbProvider db={db}>
      <Inline name={name} />
    </AimDbProvider>
  );
  const screen = await render(shown('a'));
  await screen.rerender(shown('a'));
  await screen.rerender(shown('a'));
  expect(found.size).toBe(1);
  await screen.rerender(shown('b'));
  expect(found.size).toBe(2);
});

interface Data {
  level: number;
  other: number;
}

test('a selection of a store is compared with one of that store by that selector', async () => {
  await init();
  const { StoreProvider, useSelector } = createStoreHooks<Data>();
  const level = (state: Data) => state.level;
  const other = (state: Data) => state.other;
  function Level({ select }: { select: (state: Data) => number }) {
    return <output>{useSelector(select, isClose)}</output>;
  }
  const shown = (store: Store<Data>, select = level) => (
    <StoreProvider store={store}>
      <Level select={select} />
    </StoreProvider>
  );
  const [first, second] = [
    createStore({ level: 1, other: 1.5 }),
    createStore({ level: 1.25, other: 0 }),
  ];
  const screen = await render(shown(first));
  const output = screen.getByRole('status');
  await expect.element(output).toHaveTextContent('1');
  await screen.rerender(shown(second));
  expect(output.element().textContent).toBe('1.25');
  await screen.rerender(shown(first));
  expect(output.element().textContent).toBe('1');
  await screen.rerender(shown(first, other));
  expect(output.element().textContent).toBe('1.5');
});
