/** What a provider does with what goes wrong: options, the engine, callbacks, keys that have no record, writes that come too early. */
import init, { type AimDbError, WasmDb } from '@aimdb/wasm';
import { type ReactNode, Suspense, useEffect } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-react';
import {
  type AimDbOptions,
  AimDbProvider,
  type AimDbProviderProps,
  useAimDb,
  useFreshness,
  useRecord,
  useRecordHistory,
  useSetRecord,
  useSuspenseRecord,
} from '../src/index.js';
import { MOUNT_MS } from '../src/session/session.js';
import { UNKNOWN_KEY_MS } from '../src/source.js';
import { celsius, database, RECORDS } from './database.js';
import { Boundary } from './support/boundary.js';
import { foretell } from './support/quiet.js';
import { TestServer } from './support/server.js';

const codeOf = (error: unknown) => `${(error as AimDbError).code}: ${(error as Error).message}`;

function Degrees({ name = 'room.vienna' }: { name?: string }) {
  const value = useRecord(name) as { celsius: number } | null;
  const rounded = useRecord(name, (room) => (room as { celsius: number }).celsius) as number | null;
  const past = useRecordHistory(name, 2);
  return (
    <output>{`${value?.celsius ?? 'none'} ${rounded} ${past.length} ${useFreshness(name)}`}</output>
  );
}

const shows = (props: object) => (
  <Boundary>
    <AimDbProvider {...({ keepMs: 0, ...props } as unknown as AimDbProviderProps)}>
      <Degrees />
    </AimDbProvider>
  </Boundary>
);

const records = RECORDS;
test.each([
  ["there is no option 'errorFalback'", { options: { records }, errorFalback: null }],
  ["there is no option 'brigde'", { options: { records, brigde: {} } }],
  ['topic: expected only fields', { options: { records, bridge: { url: 'ws://a/ws', topic: 1 } } }],
  ['storage must be a function', { options: { records, bridge: { url: 'ws://a/', storage: {} } } }],
  ['records must be an object', { options: {} }],
  ['options must be an object', {}],
  ['keepMs must be a number from 0', { options: { records }, keepMs: -1 }],
  ["there is no option 'bridge'", { options: { records }, bridge: null }],
])('what cannot be used is refused: %s', async (words, props) => {
  foretell(/The above error|Error|option|must be/);
  const screen = await render(shows(props));
  await expect.element(screen.getByRole('alert')).toHaveTextContent(words);
});

test('what only one kind of provider takes is refused by the other', async () => {
  foretell(/The above error|Error|option/);
  const screen = await render(shows({ db: await database(), keepMs: 0 }));
  await expect.element(screen.getByRole('alert')).toHaveTextContent("there is no option 'keepMs'");
});

test('an error is shown with a way to try again, told once, and is over when options are right', async () => {
  foretell(/an error in the callback/);
  const told: string[] = [];
  const made = (schemaType: string) => ({
    options: { records: { 'room.vienna': { schemaType, buffer: 'SingleLatest' } } } as AimDbOptions,
    onError: (error: AimDbError) => {
      told.push(error.code);
      throw new Error('an error in the callback for errors');
    },
    errorFallback: (error: unknown, retry: () => void) => (
      <button type="button" onClick={retry}>
        {codeOf(error)}
      </button>
    ),
  });
  const thrown = new Promise<string>((resolve) => {
    window.addEventListener(
      'error',
      (event) => {
        event.preventDefault();
        event.stopImmediatePropagation();
        resolve(event.message);
      },
      { once: true, capture: true },
    );
  });
  const screen = await render(shows(made('no-such')));
  await expect.element(screen.getByRole('button')).toHaveTextContent('SCHEMA_UNKNOWN');
  expect(await thrown).toContain('in the callback for errors');
  for (let turn = 0; turn < 3; turn++)
    await screen.rerender(
      shows({ ...made('no-such'), onError: (error: AimDbError) => told.push(error.code) }),
    );
  expect(told).toHaveLength(1);
  await screen.getByRole('button').click();
  await vi.waitFor(() => expect(told).toHaveLength(2));
  await expect.element(screen.getByRole('button')).toHaveTextContent('SCHEMA_UNKNOWN');
  await screen.rerender(shows({ ...made('temperature'), onError: undefined }));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  expect(told).toHaveLength(2);
});

test('an error fallback that is a node is shown, and null shows nothing', async () => {
  const options = { records: { a: { schemaType: 'no-such', buffer: 'SingleLatest' } } };
  const screen = await render(shows({ options, errorFallback: <p role="alert">sorry</p> }));
  await expect.element(screen.getByRole('alert')).toHaveTextContent('sorry');
  await screen.rerender(shows({ options, errorFallback: null }));
  await vi.waitFor(() => expect(screen.getByRole('alert').query()).toBeNull());
  expect(screen.getByRole('status').query()).toBeNull();
});

test('a storage that fails is told, and its retry asks again', async () => {
  let asked = 0;
  const server = new TestServer();
  const options = {
    records,
    bridge: {
      url: 'ws://a/ws',
      WebSocket: server.WebSocket,
      storage: () => {
        asked += 1;
        return Promise.reject(new Error('locked'));
      },
    },
  };
  const told: AimDbError[] = [];
  const screen = await render(
    shows({
      options,
      onError: (error: AimDbError) => told.push(error),
      errorFallback: (error: Error, retry: () => void) => (
        <button type="button" onClick={retry}>
          {error.message}
        </button>
      ),
    }),
  );
  await expect.element(screen.getByRole('button')).toHaveTextContent('locked');
  await screen.getByRole('button').click();
  await vi.waitFor(() => expect(asked).toBe(2));
  await expect.element(screen.getByRole('button')).toHaveTextContent('locked');
  expect(told.map(({ code }) => code)).toEqual(['INIT_FAILED', 'INIT_FAILED']);
});

test('errors of callbacks and of the bridge go to the newest onError', async () => {
  const told: string[] = [];
  const hearing = (name: string) => (error: AimDbError) => told.push(`${name} ${error.code}`);
  const options = { records, bridge: { url: 'ws://127.0.0.1:9/ws', autoReconnect: false } };
  let db: WasmDb | null = null;
  function Keep() {
    db = useAimDb();
    return null;
  }
  const page = (name: string) => (
    <AimDbProvider options={options} keepMs={0} onError={hearing(name)}>
      <Keep />
    </AimDbProvider>
  );
  const screen = await render(page('first'));
  await vi.waitFor(() => expect(told).toContain('first CONNECT_FAILED'));
  await screen.rerender(page('second'));
  (db as unknown as WasmDb).subscribe('room.vienna', () => {
    throw new Error('mine');
  });
  (db as unknown as WasmDb).set('room.vienna', celsius(1));
  await vi.waitFor(() => expect(told).toContain('second CALLBACK_THREW'));
});

test('a setter before the database is there has a code, and a component that waits writes', async () => {
  let code = '';
  function Writer() {
    const set = useSetRecord('room.vienna');
    const db = useAimDb();
    useEffect(() => {
      try {
        set(celsius(db ? 2 : 1));
      } catch (error) {
        code = codeOf(error);
      }
    }, [set, db]);
    return null;
  }
  const screen = await render(
    <AimDbProvider options={{ records }} keepMs={0}>
      <Writer />
      <Degrees />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('2 2 1 local');
  expect(code).toContain('NOT_READY: ');
});

test('a key that is configured later shows its values, and only one that stays away is told of', async () => {
  const db = await database();
  const screen = await render(
    <AimDbProvider db={db}>
      <Degrees name="room.graz" />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('none null 0 local');
  db.configureRecord('room.graz', RECORDS['room.vienna']);
  db.set('room.graz', celsius(3));
  await expect.element(screen.getByRole('status')).toHaveTextContent('3 3 1 local');
  await screen.unmount();
});

test('a key that has no record for long is told of once, and not while the server is away', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const told: string[] = [];
  const server = new TestServer();
  const page = (options: AimDbOptions) => (
    <AimDbProvider options={options} keepMs={0} onError={(error) => told.push(codeOf(error))}>
      <Degrees name="room.veinna" />
    </AimDbProvider>
  );
  const bridge = { url: 'ws://a/ws', WebSocket: EventTarget as never };
  const screen = await render(page({ records, bridge }));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  await vi.advanceTimersByTimeAsync(3 * UNKNOWN_KEY_MS);
  expect(told.filter((text) => text.includes('UNKNOWN_RECORD'))).toEqual([]);
  await screen.rerender(page({ records, bridge: { ...bridge, WebSocket: server.WebSocket } }));
  await vi.waitFor(() => expect(server.urls).toHaveLength(1));
  await vi.advanceTimersByTimeAsync(3 * UNKNOWN_KEY_MS);
  const unknown = told.filter((text) => text.includes('UNKNOWN_RECORD'));
  expect(unknown).toHaveLength(1);
  expect(unknown[0]).toContain("'room.veinna'");
  vi.useRealTimers();
  await screen.unmount();
});

test('components over a database that the app has freed show nothing, and writing says why', async () => {
  await init();
  const db = new WasmDb();
  db.configureRecords(records);
  db.set('room.vienna', celsius(1));
  let set: (value: ReturnType<typeof celsius>) => unknown = () => {};
  function Writer() {
    set = useSetRecord('room.vienna');
    return null;
  }
  const page = (name: string) => (
    <AimDbProvider db={db}>
      <Degrees name={name} />
      <Writer />
    </AimDbProvider>
  );
  const screen = await render(page('room.vienna'));
  await expect.element(screen.getByRole('status')).toHaveTextContent('1 1 1 local');
  db.free();
  await screen.rerender(page('room.berlin'));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none null 0 local');
  expect(() => set(celsius(1))).toThrow('freed');
  await screen.unmount();
});

test('an engine that cannot be loaded is told, and another place is tried', async () => {
  // The engine of this page is loaded: what `init` is given is seen where it is refused.
  const screen = await render(
    shows({
      options: { records },
      wasm: { glue: {} },
      errorFallback: (error: unknown) => <p role="alert">{codeOf(error)}</p>,
    }),
  );
  await expect.element(screen.getByRole('alert')).toHaveTextContent('OPTIONS_INVALID: init: glue');
  await screen.rerender(shows({ options: { records: { ...records } }, errorFallback: null }));
});

describe('a component that waits below a boundary', () => {
  function Awaited() {
    return <output>{useSuspenseRecord('room.vienna').celsius}</output>;
  }
  const boundary = (children: ReactNode) => (
    <Suspense fallback={<p>waiting</p>}>{children}</Suspense>
  );
  const options = { records, bridge: { url: 'ws://a/ws', subscribeTopics: ['#'] } };

  test('below its provider is served by it alone', async () => {
    const server = new TestServer();
    const screen = await render(
      <AimDbProvider
        options={{ ...options, bridge: { ...options.bridge, WebSocket: server.WebSocket } }}
        keepMs={0}
      >
        {boundary(<Awaited />)}
      </AimDbProvider>,
    );
    await new Promise((resolve) => setTimeout(resolve, 3 * MOUNT_MS));
    await expect.element(screen.getByText('waiting')).toBeVisible();
    server.sends('room/vienna', celsius(4), 1);
    await expect.element(screen.getByRole('status')).toHaveTextContent('4');
    expect(server.urls).toHaveLength(1);
  });

  test('above its provider is served by a database that is made ahead', async () => {
    const server = new TestServer();
    const bridge = { ...options.bridge, WebSocket: server.WebSocket };
    const screen = await render(
      boundary(
        <AimDbProvider options={{ ...options, bridge }} keepMs={0}>
          <Awaited />
          <Awaited />
        </AimDbProvider>,
      ),
    );
    await expect.element(screen.getByText('waiting')).toBeVisible();
    await vi.waitFor(() => expect(server.topics('subscribe')).toEqual(['#']));
    await new Promise((resolve) => setTimeout(resolve, 3 * MOUNT_MS));
    server.sends('room/vienna', celsius(4), 1);
    await expect.element(screen.getByRole('status').nth(1)).toHaveTextContent('4');
    server.sends('room/vienna', celsius(5), 2);
    await expect.element(screen.getByRole('status').nth(0)).toHaveTextContent('5');
    expect(server.urls).toHaveLength(1);
    await screen.unmount();
    await vi.waitFor(() => expect(server.open).toBe(0));
  });

  test.each([
    [
      'NOT_READY: a component waits',
      { ...options, bridge: { url: 'ws://a/ws', token: () => 'a' } },
    ],
    ['SCHEMA_UNKNOWN', { records: { a: { schemaType: 'none', buffer: 'Mailbox' } } } as never],
  ])('above a provider that cannot be helped so is told once: %s', async (words, given) => {
    const told: string[] = [];
    await render(
      boundary(
        <AimDbProvider options={given} keepMs={0} onError={(error) => told.push(codeOf(error))}>
          <Awaited />
        </AimDbProvider>,
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 5 * MOUNT_MS));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(words);
  });
});

test('who waits for another try is rendered when that has come, and not again and again', async () => {
  let [asked, renders] = [0, 0];
  const server = new TestServer();
  const storage = async () => {
    asked += 1;
    if (asked === 1) throw new Error('locked');
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { client: 'c', epoch: 1, nextWrite: 1, writes: [], keep: async () => {} } as never;
  };
  function Awaited() {
    renders += 1;
    return <output>{useSuspenseRecord('room.vienna').celsius}</output>;
  }
  const screen = await render(
    <AimDbProvider
      options={{ records, bridge: { url: 'ws://a/ws', WebSocket: server.WebSocket, storage } }}
      keepMs={0}
      errorFallback={(_error, retry) => (
        <button type="button" onClick={retry}>
          again
        </button>
      )}
    >
      <Suspense fallback={<p>waiting</p>}>
        <Awaited />
      </Suspense>
    </AimDbProvider>,
  );
  await screen.getByRole('button').click();
  renders = 0;
  await vi.waitFor(() => expect(server.urls).toHaveLength(1));
  await expect.element(screen.getByText('waiting')).toBeVisible();
  expect(asked).toBe(2);
  expect(renders).toBeLessThan(10);
});
