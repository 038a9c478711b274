/** `useWrites`, `useWriteStatus` and `useDeadLetters`, and a provider whose writes a device keeps. */
import { openStorage } from '@aimdb/wasm/storage';
import { StrictMode } from 'react';
import { expect, test } from 'vitest';
import { render } from 'vitest-browser-react';
import {
  AimDbProvider,
  useDeadLetters,
  useRecord,
  useSetRecord,
  useWriteStatus,
  useWrites,
} from '../src/index.js';
import { celsius, database, RECORDS } from './database.js';
import { foretell } from './support/quiet.js';
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

test('a provider asks for its storage each time that it is mounted, and shows what waits there', async () => {
  foretell(/CONNECT_FAILED/);
  const name = `react-${Math.random()}`;
  let asked = 0;
  const storage = async () => {
    asked += 1;
    return (await openStorage({ name })).forWrites();
  };
  const options = {
    records: RECORDS,
    bridge: { url: 'ws://127.0.0.1:9/ws', subscribeTopics: ['#'], storage },
  };
  function Vienna() {
    const set = useSetRecord('room.vienna');
    const status = useWriteStatus('room.vienna');
    const value = useRecord('room.vienna') as { celsius: number } | null;
    return (
      <>
        <output>
          {value?.celsius ?? 'none'} {status ?? 'nothing'}
        </output>
        <button type="button" disabled={status !== null} onClick={() => set(celsius(21))}>
          set
        </button>
      </>
    );
  }
  const page = (
    <StrictMode>
      <AimDbProvider options={options}>
        <Vienna />
      </AimDbProvider>
    </StrictMode>
  );
  const first = await render(page);
  await expect.element(first.getByRole('status')).toHaveTextContent('none nothing');
  await expect
    .poll(async () => {
      await first
        .getByRole('button')
        .click({ timeout: 500 })
        .catch(() => {});
      return first.getByRole('status').element().textContent;
    })
    .toContain('21');
  await expect.element(first.getByRole('status')).toHaveTextContent('21 stored');
  await first.unmount();
  const before = asked;
  const second = await render(page);
  await expect.element(second.getByRole('status')).toHaveTextContent('21 stored');
  expect(asked).toBeGreaterThan(before);
  await second.unmount();
});
