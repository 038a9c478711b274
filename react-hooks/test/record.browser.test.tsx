/** `useRecord` and `useSetRecord`: what a component shows, and how often it renders. */
import { ContractViolation, type Temperature } from '@aimdb/wasm';
import { StrictMode } from 'react';
import { expect, test } from 'vitest';
import { render } from 'vitest-browser-react';
import { AimDbProvider, type Equality, useRecord, useSetRecord } from '../src/index.js';
import { celsius, database } from './database.js';
import { Activity, hasActivity } from './support/activity.js';

type Room = 'room.vienna' | 'room.berlin';

function Degrees({ of }: { of: Room }) {
  const value = useRecord(of);
  return <output>{value === null ? 'none' : `${value.celsius} °C`}</output>;
}

/** Renders a selection and counts how often it did. */
function counting<S>(selector: (value: Readonly<Temperature>) => S, equality?: Equality<S>) {
  const counter = { renders: 0 };
  function Selected() {
    const selected = useRecord('room.vienna', selector, equality);
    counter.renders += 1;
    return <output>{JSON.stringify(selected)}</output>;
  }
  return [Selected, counter] as const;
}

test('shows null while there is no value, then each value', async () => {
  const db = await database();
  const screen = await render(
    <AimDbProvider db={db}>
      <Degrees of="room.vienna" />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  db.set('room.vienna', celsius(21.1));
  await expect.element(screen.getByRole('status')).toHaveTextContent('21.1 °C');
  db.set('room.vienna', celsius(22));
  await expect.element(screen.getByRole('status')).toHaveTextContent('22 °C');
});

test('shows a value that was there before', async () => {
  const db = await database();
  db.set('room.vienna', celsius(20));
  const screen = await render(
    <AimDbProvider db={db}>
      <Degrees of="room.vienna" />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('20 °C');
});

test('a change of the key shows the other record and forgets the first', async () => {
  const db = await database();
  db.set('room.vienna', celsius(20));
  db.set('room.berlin', celsius(10));
  const page = (room: Room) => (
    <AimDbProvider db={db}>
      <Degrees of={room} />
    </AimDbProvider>
  );
  const screen = await render(page('room.vienna'));
  await expect.element(screen.getByRole('status')).toHaveTextContent('20 °C');
  await screen.rerender(page('room.berlin'));
  await expect.element(screen.getByRole('status')).toHaveTextContent('10 °C');
  db.set('room.vienna', celsius(25));
  db.set('room.berlin', celsius(11));
  await expect.element(screen.getByRole('status')).toHaveTextContent('11 °C');
});

test('a selection that stays the same does not render again', async () => {
  const db = await database();
  db.set('room.vienna', celsius(20, 1));
  const [Selected, counter] = counting((value) => value.celsius);
  const screen = await render(
    <AimDbProvider db={db}>
      <Selected />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('20');
  const before = counter.renders;
  for (let at = 2; at < 10; at += 1) {
    db.set('room.vienna', celsius(20, at));
    await Promise.resolve();
  }
  db.set('room.vienna', celsius(21, 10));
  await expect.element(screen.getByRole('status')).toHaveTextContent('21');
  expect(counter.renders - before).toBe(1);
});

test('an inline selector that makes objects works with an equality', async () => {
  const db = await database();
  db.set('room.vienna', celsius(20.2, 1));
  const [Selected, counter] = counting(
    (value) => ({ rounded: Math.round(value.celsius) }),
    (before, after) => before.rounded === after.rounded,
  );
  const screen = await render(
    <AimDbProvider db={db}>
      <Selected />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('{"rounded":20}');
  const before = counter.renders;
  db.set('room.vienna', celsius(20.4, 2));
  await Promise.resolve();
  db.set('room.vienna', celsius(21, 3));
  await expect.element(screen.getByRole('status')).toHaveTextContent('{"rounded":21}');
  expect(counter.renders - before).toBe(1);
});

test('many writes in one turn render once', async () => {
  const db = await database();
  const [Selected, counter] = counting((value) => value.celsius);
  const screen = await render(
    <AimDbProvider db={db}>
      <Selected />
    </AimDbProvider>,
  );
  const before = counter.renders;
  for (let degrees = 0; degrees <= 30; degrees += 1) db.set('room.vienna', celsius(degrees));
  await expect.element(screen.getByRole('status')).toHaveTextContent('30');
  expect(counter.renders - before).toBe(1);
});

test('the nearest of two providers is the one that counts', async () => {
  const [outer, inner] = [await database(), await database()];
  outer.set('room.vienna', celsius(1));
  inner.set('room.vienna', celsius(2));
  const screen = await render(
    <AimDbProvider db={outer}>
      <p>
        <Degrees of="room.vienna" />
      </p>
      <AimDbProvider db={inner}>
        <Degrees of="room.vienna" />
      </AimDbProvider>
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status').nth(0)).toHaveTextContent('1 °C');
  await expect.element(screen.getByRole('status').nth(1)).toHaveTextContent('2 °C');
  inner.set('room.vienna', celsius(3));
  await expect.element(screen.getByRole('status').nth(1)).toHaveTextContent('3 °C');
  await expect.element(screen.getByRole('status').nth(0)).toHaveTextContent('1 °C');
});

test('works under StrictMode and stops listening when it is gone', async () => {
  const db = await database();
  const screen = await render(
    <StrictMode>
      <AimDbProvider db={db}>
        <Degrees of="room.vienna" />
      </AimDbProvider>
    </StrictMode>,
  );
  db.set('room.vienna', celsius(5));
  await expect.element(screen.getByRole('status')).toHaveTextContent('5 °C');
  await screen.unmount();
  db.set('room.vienna', celsius(6));
  expect(db.get('room.vienna')?.celsius).toBe(6);
});

test.runIf(hasActivity)(
  'a component that Activity hid shows the newest value when it is shown again',
  async () => {
    const db = await database();
    db.set('room.vienna', celsius(1));
    const page = (mode: 'visible' | 'hidden') => (
      <AimDbProvider db={db}>
        <Activity mode={mode}>
          <Degrees of="room.vienna" />
        </Activity>
      </AimDbProvider>
    );
    const screen = await render(page('visible'));
    await expect.element(screen.getByText('1 °C')).toBeVisible();
    await screen.rerender(page('hidden'));
    db.set('room.vienna', celsius(2));
    await screen.rerender(page('visible'));
    await expect.element(screen.getByText('2 °C')).toBeVisible();
  },
);

test('the setter stays the same, writes, and throws what the contract refuses', async () => {
  const db = await database();
  const setters = new Set<unknown>();
  let refused: unknown = null;
  function Writer() {
    const set = useSetRecord('room.vienna');
    const value = useRecord('room.vienna');
    setters.add(set);
    const tryNonsense = () => {
      try {
        set(celsius(Number.NaN));
      } catch (error) {
        refused = error;
      }
    };
    return (
      <>
        <output>{value?.celsius ?? 'none'}</output>
        <button type="button" onClick={() => set(celsius((value?.celsius ?? 0) + 1))}>
          warmer
        </button>
        <button type="button" onClick={tryNonsense}>
          nonsense
        </button>
      </>
    );
  }
  const screen = await render(
    <AimDbProvider db={db}>
      <Writer />
    </AimDbProvider>,
  );
  for (const shown of ['1', '2', '3']) {
    await screen.getByRole('button', { name: 'warmer' }).click();
    await expect.element(screen.getByRole('status')).toHaveTextContent(shown);
  }
  await screen.getByRole('button', { name: 'nonsense' }).click();
  expect(refused).toBeInstanceOf(ContractViolation);
  await expect.element(screen.getByRole('status')).toHaveTextContent('3');
  expect(setters.size).toBe(1);
});
