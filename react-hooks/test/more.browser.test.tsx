/** `useRecordHistory`, `useSuspenseRecord`, `useConnectionStatus` and `useFreshness`. */
import { Suspense } from 'react';
import { expect, test } from 'vitest';
import { render } from 'vitest-browser-react';
import {
  AimDbProvider,
  useAimDb,
  useBridge,
  useConnectionStatus,
  useFreshness,
  useRecordHistory,
  useSuspenseRecord,
} from '../src/index.js';
import { celsius, database, RECORDS } from './database.js';
import { foretell } from './support/quiet.js';
import { Refusing } from './support/refusing.js';

test('the history holds the last values, oldest first, and is the same array between changes', async () => {
  const db = await database();
  const arrays = new Set<unknown>();
  function History({ label }: { label: string }) {
    const values = useRecordHistory('log', 3);
    arrays.add(values);
    return (
      <output>
        {label}: {values.map((value) => value.celsius).join(' ')}
      </output>
    );
  }
  const page = (label: string) => (
    <AimDbProvider db={db}>
      <History label={label} />
    </AimDbProvider>
  );
  const screen = await render(page('a'));
  await expect.element(screen.getByRole('status')).toHaveTextContent('a:');
  for (const degrees of [1, 2, 3, 4, 5]) db.set('log', celsius(degrees));
  await expect.element(screen.getByRole('status')).toHaveTextContent('a: 3 4 5');
  const before = arrays.size;
  await screen.rerender(page('b'));
  await expect.element(screen.getByRole('status')).toHaveTextContent('b: 3 4 5');
  expect(arrays.size).toBe(before);
});

test('the history is empty again when the server refuses the first write', async () => {
  const db = await database();
  const bridge = db.connectBridge('ws://127.0.0.1:9/ws', {
    subscribeTopics: ['#'],
    WebSocket: Refusing as never,
  });
  await expect.poll(() => bridge.status()).toBe('connected');
  const shown: number[] = [];
  function History() {
    const values = useRecordHistory('room.vienna', 3);
    shown.push(values.length);
    return <output>{values.length} values</output>;
  }
  const screen = await render(
    <AimDbProvider db={db} bridge={bridge}>
      <History />
    </AimDbProvider>,
  );
  db.set('room.vienna', celsius(60));
  await expect.element(screen.getByRole('status')).toHaveTextContent('1 values');
  await expect.element(screen.getByRole('status')).toHaveTextContent('0 values');
  db.free();
  expect(new Set(shown)).toEqual(new Set([0, 1]));
});

test('a suspended component appears with the first value', async () => {
  const db = await database();
  function Degrees() {
    return <output>{useSuspenseRecord('room.vienna').celsius}</output>;
  }
  const screen = await render(
    <AimDbProvider db={db}>
      <Suspense fallback={<p>waiting</p>}>
        <Degrees />
        <Degrees />
      </Suspense>
    </AimDbProvider>,
  );
  await expect.element(screen.getByText('waiting')).toBeVisible();
  db.set('room.vienna', celsius(7));
  await expect.element(screen.getByRole('status').nth(1)).toHaveTextContent('7');
  expect(screen.getByText('waiting').query()).toBeNull();
});

test('a suspended component waits for a database that is still being made', async () => {
  function Degrees() {
    return <output>{useSuspenseRecord('room.vienna').celsius}</output>;
  }
  function Writer() {
    const db = useAimDb();
    return (
      <button type="button" disabled={!db} onClick={() => db?.set('room.vienna', celsius(8))}>
        write
      </button>
    );
  }
  const screen = await render(
    <AimDbProvider options={{ records: RECORDS }}>
      <Suspense fallback={<p>waiting</p>}>
        <Degrees />
      </Suspense>
      <Writer />
    </AimDbProvider>,
  );
  await screen.getByRole('button').click();
  await expect.element(screen.getByRole('status')).toHaveTextContent('8');
});

test('the connection status follows the bridge', async () => {
  function Status() {
    return (
      <output>
        {useConnectionStatus()} {useBridge() ? 'bridge' : 'no bridge'}
      </output>
    );
  }
  foretell(/CONNECT_FAILED/);
  const local = await database();
  const withoutBridge = await render(
    <AimDbProvider db={local}>
      <Status />
    </AimDbProvider>,
  );
  await expect
    .element(withoutBridge.getByRole('status'))
    .toHaveTextContent('disconnected no bridge');
  await withoutBridge.unmount();

  // Nothing listens on the discard port: the bridge tries, and goes on trying.
  const screen = await render(
    <AimDbProvider
      options={{ records: RECORDS, bridge: { url: 'ws://127.0.0.1:9/ws', backoffMinMs: 20 } }}
    >
      <Status />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('reconnecting bridge');
});

/** A socket to a server that says hello, and then what the test says. */
class Scripted extends EventTarget {
  static newest: Scripted;
  binaryType = 'blob';
  readyState = 1;

  constructor(readonly url: string) {
    super();
    Scripted.newest = this;
    setTimeout(() => this.dispatchEvent(new Event('open')));
  }
  send(text: string): void {
    if (text.includes('"hello"')) this.says('{"type":"pong","hello":{"v":5,"server":"s"}}');
  }
  close(): void {}
  says(data: string): void {
    setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data })));
  }
}

test('a component hears how fresh its record is, and renders only when that changes', async () => {
  let renders = 0;
  function Freshness({ name }: { name: string }) {
    const freshness = useFreshness(name);
    renders += 1;
    return <output>{typeof freshness === 'string' ? freshness : Object.keys(freshness)}</output>;
  }
  const db = await database();
  const screen = await render(
    <AimDbProvider db={db}>
      <Freshness name="room.vienna" />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('local');
  const WebSocket = Scripted as unknown as typeof globalThis.WebSocket;
  db.connectBridge('ws://127.0.0.1:9/ws', { WebSocket, subscribeTopics: ['#'], backoffMinMs: 10 });
  await expect.element(screen.getByRole('status')).toHaveTextContent('stale');
  const value = JSON.stringify(celsius(20));
  const data = (seq: number) =>
    `{"type":"data","topic":"room/vienna","payload":${value},"ts":1,"seq":${seq}}`;
  Scripted.newest.says(data(1));
  await expect.element(screen.getByRole('status')).toHaveTextContent('fresh');
  const before = renders;
  for (let seq = 2; seq < 10; seq++) Scripted.newest.says(data(seq));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(renders).toBe(before);
  Scripted.newest.dispatchEvent(new CloseEvent('close', { code: 1006 }));
  await expect.element(screen.getByRole('status')).toHaveTextContent(/offlineSince|stale/);
});
