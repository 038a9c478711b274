/** `useWrites`, `useWriteStatus` and `useDeadLetters`. */
import { expect, test } from 'vitest';
import { render } from 'vitest-browser-react';
import { AimDbProvider, useDeadLetters, useWriteStatus, useWrites } from '../src/index.js';
import { celsius, database } from './database.js';
import { Refusing } from './support/refusing.js';

const page = 'ws://127.0.0.1:9/ws';

test('a write is seen from its making to its end, and a component that looks at another record does not render', async () => {
  const db = await database();
  const bridge = db.connectBridge(page, { subscribeTopics: ['#'], WebSocket: Refusing as never });
  const shown: unknown[] = [];
  let others = 0;
  function Vienna() {
    const status = useWriteStatus('room.vienna');
    if (shown.at(-1) !== status) shown.push(status);
    return <output>{status ?? 'nothing'}</output>;
  }
  function Log() {
    others += 1;
    return <p>{useWriteStatus('log') ?? 'no log'}</p>;
  }
  const screen = await render(
    <AimDbProvider db={db} bridge={bridge}>
      <Vienna />
      <Log />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('nothing');
  const before = others;
  db.set('room.vienna', celsius(60));
  await expect.element(screen.getByRole('status')).toHaveTextContent('refused');
  expect(shown).toContain('pending');
  expect(others).toBe(before);
  db.free();
});

test('a list of writes and of dead letters, which can be tried again and let go', async () => {
  const db = await database();
  const bridge = db.connectBridge(page, { subscribeTopics: ['#'], WebSocket: Refusing as never });
  function Page() {
    const { waiting, ended } = useWrites();
    const { letters, retry, discard } = useDeadLetters();
    return (
      <>
        <output>
          {waiting.length} wait, {ended.length} ended
        </output>
        <ul>
          {letters.map(({ write, reason }) => (
            <li key={write}>
              {write}: {reason}
              <button type="button" onClick={() => retry(write)}>
                again
              </button>
              <button type="button" onClick={() => discard(write)}>
                discard
              </button>
            </li>
          ))}
        </ul>
      </>
    );
  }
  const screen = await render(
    <AimDbProvider db={db} bridge={bridge}>
      <Page />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('0 wait, 0 ended');
  db.set('room.vienna', celsius(60));
  await expect.element(screen.getByRole('listitem')).toHaveTextContent('1: range');
  await screen.getByText('again').click();
  await expect.element(screen.getByRole('listitem')).toHaveTextContent('2: range');
  await screen.getByText('discard').click();
  await expect.element(screen.getByRole('status')).toHaveTextContent('0 wait, 2 ended');
  expect(screen.getByRole('listitem').query()).toBeNull();
  db.free();
});

test('without a bridge there are none', async () => {
  const db = await database();
  function Page() {
    const { letters } = useDeadLetters();
    return (
      <output>
        {useWrites().waiting.length} {letters.length} {String(useWriteStatus('log'))}
      </output>
    );
  }
  const screen = await render(
    <AimDbProvider db={db}>
      <Page />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('0 0 null');
});
