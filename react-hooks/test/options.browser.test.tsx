/** A provider whose options change: what they have in common stays, the rest is added, changed or removed. */
import type { AimDbError, StandardSchemaV1, WasmDb, WsBridge } from '@aimdb/wasm';
import { StrictMode } from 'react';
import { expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-react';
import {
  type AimDbOptions,
  AimDbProvider,
  type AimDbProviderProps,
  useAimDb,
  useBridge,
  useConnectionStatus,
  useRecord,
} from '../src/index.js';
import { celsius, RECORDS } from './database.js';
import { Activity, hasActivity } from './support/activity.js';
import { foretell } from './support/quiet.js';
import { TestServer } from './support/server.js';

const VIENNA = RECORDS['room.vienna'];

interface Seen {
  readonly dbs: WasmDb[];
  readonly bridges: (WsBridge | null)[];
  mounts: number;
}

const nobody = (): Seen => ({ dbs: [], bridges: [], mounts: 0 });

function Shown({ seen, name }: { seen: Seen; name: string }) {
  const db = useAimDb();
  const bridge = useBridge();
  if (db && seen.dbs.at(-1) !== db) seen.dbs.push(db);
  if (db && seen.bridges.at(-1) !== bridge) seen.bridges.push(bridge);
  const status = useConnectionStatus();
  const value = useRecord(name) as { celsius: number } | null;
  return <output>{db ? `${value?.celsius ?? 'none'} ${status}` : 'making'}</output>;
}

type Given = Partial<Omit<Extract<AimDbProviderProps, { db?: never }>, 'options'>>;

function page(
  options: AimDbOptions,
  seen: Seen,
  { name = 'room.vienna', ...given }: Given & { name?: string } = {},
) {
  return (
    <StrictMode>
      <AimDbProvider options={options} keepMs={0} {...given}>
        <Shown seen={seen} name={name} />
      </AimDbProvider>
    </StrictMode>
  );
}

const newest = ({ dbs }: Seen): WasmDb => dbs.at(-1) as WasmDb;

test('options that are made anew at each render change nothing', async () => {
  const [seen, server] = [nobody(), new TestServer()];
  const made = () => ({
    records: { 'room.vienna': { ...VIENNA, topic: undefined } },
    contracts: [],
    bridge: {
      url: 'ws://test.example/ws',
      subscribeTopics: ['room/#'],
      token: () => 'a-token-of-16-bytes',
      WebSocket: server.WebSocket,
    },
  });
  const screen = await render(page(made(), seen));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none connected');
  server.sends('room/vienna', celsius(3), 1);
  await expect.element(screen.getByRole('status')).toHaveTextContent('3 connected');
  for (let turn = 0; turn < 10; turn++) await screen.rerender(page(made(), seen));
  await expect.element(screen.getByRole('status')).toHaveTextContent('3 connected');
  expect(server.urls).toHaveLength(1);
  expect(server.topics('subscribe')).toEqual(['room/#']);
  expect([seen.dbs.length, seen.bridges.length]).toEqual([1, 1]);
});

test('records come, go and change, and the others keep values and subscriptions', async () => {
  const seen = nobody();
  const screen = await render(page({ records: { 'room.vienna': VIENNA } }, seen));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  const db = newest(seen);
  db.set('room.vienna', celsius(1));
  const told: number[] = [];
  db.subscribe('room.vienna', (value) => told.push((value as { celsius: number }).celsius));
  await screen.rerender(page({ records: { 'room.vienna': VIENNA, log: RECORDS.log } }, seen));
  await vi.waitFor(() => expect(db.keys()).toEqual(['room.vienna', 'log']));
  for (const degrees of [5, 6, 7]) db.set('log', celsius(degrees));
  // Changed: a smaller ring, with the newest of what it had.
  const log = { ...RECORDS.log, buffer: { type: 'SpmcRing', capacity: 2 } } as const;
  await screen.rerender(page({ records: { log, 'room.vienna': VIENNA } }, seen));
  await vi.waitFor(() => expect(db.history('log').map(({ celsius }) => celsius)).toEqual([6, 7]));
  await screen.rerender(page({ records: { 'room.vienna': { ...VIENNA } } }, seen));
  await vi.waitFor(() => expect(db.keys()).toEqual(['room.vienna']));
  db.set('room.vienna', celsius(2));
  await expect.element(screen.getByRole('status')).toHaveTextContent('2');
  expect(told).toEqual([1, 2]);
  expect(seen.dbs).toHaveLength(1);
});

test('a component that looked at a key before it was configured shows its values', async () => {
  const seen = nobody();
  const name = 'room.graz';
  const screen = await render(page({ records: {} }, seen, { name }));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  await screen.rerender(page({ records: { [name]: VIENNA } }, seen, { name }));
  await vi.waitFor(() => expect(newest(seen).has(name)).toBe(true));
  newest(seen).set(name, celsius(9));
  await expect.element(screen.getByRole('status')).toHaveTextContent('9');
});

test('a record that another is derived from cannot go: the error has its code, and goes when it may stay', async () => {
  const seen = nobody();
  const failures: AimDbError[] = [];
  const given: Given = {
    onError: (error) => failures.push(error),
    errorFallback: (error) => <p role="alert">{(error as AimDbError).code}</p>,
  };
  const all = { records: { 'room.vienna': VIENNA, 'room.berlin': VIENNA } };
  const screen = await render(page(all, seen, given));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  const db = newest(seen);
  db.derive('room.berlin', 'room.vienna', (value) => value as never);
  await screen.rerender(page({ records: { 'room.berlin': VIENNA } }, seen, given));
  await expect.element(screen.getByRole('alert')).toHaveTextContent('RECORD_IN_USE');
  expect(failures.map(({ code }) => code)).toEqual(['RECORD_IN_USE']);
  db.set('room.vienna', celsius(4));
  await screen.rerender(page(all, seen, given));
  await expect.element(screen.getByRole('status')).toHaveTextContent('4');
  expect(seen.dbs).toHaveLength(1);
});

test('a bridge comes and goes, follows other topics in its socket, and another server over another', async () => {
  // What was written while there was no bridge; the engine tells of it.
  foretell(/WRITE_NOT_SENT/);
  const [seen, server] = [nobody(), new TestServer()];
  const records = { 'room.vienna': VIENNA };
  const bridge = {
    url: 'ws://one.example/ws',
    subscribeTopics: ['a', 'room/#'],
    WebSocket: server.WebSocket,
  };
  const screen = await render(page({ records }, seen));
  const shown = screen.getByRole('status');
  await expect.element(shown).toHaveTextContent('none disconnected');
  newest(seen).set('room.vienna', celsius(1));
  await screen.rerender(page({ records, bridge }, seen));
  await expect.element(shown).toHaveTextContent('1 connected');
  server.sends('room/vienna', celsius(2), 1);
  await expect.element(shown).toHaveTextContent('2 connected');
  await screen.rerender(
    page({ records, bridge: { ...bridge, subscribeTopics: ['room/#', 'b'] } }, seen),
  );
  await vi.waitFor(() => expect(server.topics('unsubscribe')).toEqual(['a']));
  expect(server.topics('subscribe')).toEqual(['a', 'room/#', 'b']);
  expect(server.urls).toEqual(['ws://one.example/ws']);
  await screen.rerender(page({ records, bridge: { ...bridge, url: 'ws://two.example/ws' } }, seen));
  await vi.waitFor(() =>
    expect(server.urls).toEqual(['ws://one.example/ws', 'ws://two.example/ws']),
  );
  await expect.element(shown).toHaveTextContent('2 connected');
  await screen.rerender(page({ records }, seen));
  await expect.element(shown).toHaveTextContent('2 disconnected');
  newest(seen).set('room.vienna', celsius(3));
  await expect.element(shown).toHaveTextContent('3 disconnected');
  expect(server.open).toBe(0);
  expect(seen.dbs).toHaveLength(1);
});

test('another token is shown in the open socket, and of a function the newest counts', async () => {
  const [seen, server] = [nobody(), new TestServer()];
  const options = (token: string | (() => string)): AimDbOptions => ({
    records: { 'room.vienna': VIENNA },
    bridge: { url: 'ws://one.example/ws', token, WebSocket: server.WebSocket },
  });
  const shown = () => server.frames.flatMap(({ hello, token }) => hello?.token ?? token ?? []);
  const screen = await render(page(options('first'), seen));
  await expect.element(screen.getByRole('status')).toHaveTextContent('connected');
  await screen.rerender(page(options('second'), seen));
  await vi.waitFor(() => expect(shown()).toEqual(['first', 'second']));
  await screen.rerender(
    page(
      options(() => 'third'),
      seen,
    ),
  );
  await vi.waitFor(() => expect(shown()).toEqual(['first', 'second', 'third']));
  await screen.rerender(
    page(
      options(() => 'fourth'),
      seen,
    ),
  );
  seen.bridges.at(-1)?.renewToken();
  await vi.waitFor(() => expect(shown()).toEqual(['first', 'second', 'third', 'fourth']));
  expect(server.urls).toHaveLength(1);
});

test('a contract that says something else needs another database, which takes the local values over', async () => {
  const seen = nobody();
  const pump = (fields: readonly string[]) => ({
    name: 'pump',
    version: 1,
    fields: fields.map((name) => ({ name, kind: 'f64', default: 0 })),
  });
  const options = (fields: readonly string[]) =>
    ({
      records: { pump: { contract: pump(fields), buffer: 'SingleLatest' }, 'room.vienna': VIENNA },
    }) as unknown as AimDbOptions;
  const screen = await render(page(options(['rpm']), seen));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  newest(seen).set('room.vienna', celsius(8));
  newest(seen).set('pump', { rpm: 900 });
  await screen.rerender(page(options(['rpm', 'load']), seen));
  await expect.element(screen.getByRole('status')).toHaveTextContent('8');
  await vi.waitFor(() => expect(seen.dbs).toHaveLength(2));
  expect(newest(seen).get('pump')).toEqual({ rpm: 900, load: 0 });
});

test('a schema that is made anew judges from then on, and the value stays', async () => {
  const seen = nobody();
  const least = (min: number): StandardSchemaV1 =>
    ({
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: { celsius: number }) =>
          value.celsius < min ? { issues: [{ message: `at least ${min}` }] } : { value },
      },
    }) as never;
  const options = (min: number) =>
    ({
      records: { 'room.vienna': { schema: least(min), buffer: 'SingleLatest' } },
    }) as AimDbOptions;
  const screen = await render(page(options(0), seen));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  newest(seen).set('room.vienna', celsius(5));
  await screen.rerender(page(options(10), seen));
  await expect.element(screen.getByRole('status')).toHaveTextContent('5');
  expect(() => newest(seen).set('room.vienna', celsius(5))).toThrow('at least 10');
  expect(seen.dbs).toHaveLength(1);
});

test('local and mirrored in turn, with a storage, nothing local is lost and no storage is kept', async () => {
  const [seen, server] = [nobody(), new TestServer()];
  const storages: { left: number }[] = [];
  const bridge = {
    url: 'ws://one.example/ws',
    subscribeTopics: ['room/#'],
    WebSocket: server.WebSocket,
    storage: async () => {
      const mine = { left: 0 };
      storages.push(mine);
      await new Promise((resolve) => setTimeout(resolve, 10));
      return {
        client: 'c',
        epoch: storages.length,
        nextWrite: 1,
        writes: [],
        keep: async () => undefined,
        shared: {
          join: () => {},
          leave: () => {
            mine.left += 1;
          },
          overtaken: () => {},
        },
      } as never;
    },
  };
  const records = { 'room.vienna': VIENNA, log: { ...RECORDS.log, truth: 'local' } } as const;
  const screen = await render(page({ records }, seen));
  const shown = screen.getByRole('status');
  await expect.element(shown).toHaveTextContent('none disconnected');
  newest(seen).set('log', celsius(1));
  await screen.rerender(page({ records, bridge }, seen));
  await expect.element(shown).toHaveTextContent('connected');
  await screen.rerender(page({ records }, seen));
  await expect.element(shown).toHaveTextContent('disconnected');
  // On and off before the storage has come.
  await screen.rerender(page({ records, bridge }, seen));
  await screen.rerender(page({ records }, seen));
  await screen.rerender(page({ records, bridge: { ...bridge, url: 'ws://two.example/ws' } }, seen));
  await expect.element(shown).toHaveTextContent('none connected');
  expect(newest(seen).history('log')).toHaveLength(1);
  expect(seen.dbs).toHaveLength(1);
  await screen.unmount();
  await vi.waitFor(() => expect(storages.every(({ left }) => left >= 1)).toBe(true));
  expect(server.open).toBe(0);
});

test('records that were adopted go with their server, and give way to those of the options', async () => {
  const [seen, one, two] = [nobody(), new TestServer(), new TestServer()];
  one.listed.push('room/vienna', 'room/linz');
  two.listed.push('room/wels');
  const options = (server: TestServer, records: AimDbOptions['records'] = {}): AimDbOptions => ({
    records,
    bridge: { url: 'ws://one.example/ws', adopt: 'room/#', WebSocket: server.WebSocket },
  });
  const screen = await render(page(options(one), seen));
  const keys = () => newest(seen)?.keys().toSorted();
  await vi.waitFor(() => expect(keys()).toEqual(['room.linz', 'room.vienna']));
  one.sends('room/vienna', celsius(3), 1);
  await expect.element(screen.getByRole('status')).toHaveTextContent('3 connected');
  const mine = { 'room.linz': { ...VIENNA, offline: 'latest' } } as const;
  await screen.rerender(page(options(one, mine), seen));
  await vi.waitFor(() => expect(keys()).toEqual(['room.linz', 'room.vienna']));
  await expect.element(screen.getByRole('status')).toHaveTextContent('3 connected');
  expect(one.urls).toHaveLength(1);
  await screen.rerender(page(options(two, mine), seen));
  await vi.waitFor(() => expect(keys()).toEqual(['room.linz', 'room.wels']));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none connected');
  await screen.rerender(page({ records: mine }, seen));
  await vi.waitFor(() => expect(keys()).toEqual(['room.linz']));
});

test.runIf(hasActivity)(
  'options that change while an Activity hides the provider are taken over when it is shown',
  async () => {
    const seen = nobody();
    const hidden = (mode: 'hidden' | 'visible', options: AimDbOptions) => (
      <Activity mode={mode}>{page(options, seen, { keepMs: 60_000 })}</Activity>
    );
    const screen = await render(hidden('visible', { records: { log: RECORDS.log } }));
    await expect.element(screen.getByRole('status')).toHaveTextContent('none');
    newest(seen).set('log', celsius(1));
    const more = { records: { log: RECORDS.log, 'room.vienna': VIENNA } };
    await screen.rerender(hidden('hidden', { records: { log: RECORDS.log } }));
    await screen.rerender(hidden('hidden', more));
    await screen.rerender(hidden('visible', more));
    await vi.waitFor(() => expect(newest(seen).keys()).toEqual(['log', 'room.vienna']));
    newest(seen).set('room.vienna', celsius(2));
    await expect.element(screen.getByRole('status')).toHaveTextContent('2');
    expect(newest(seen).history('log')).toHaveLength(1);
    expect(seen.dbs).toHaveLength(1);
  },
);

test('a provider that is unmounted while a storage is asked for lets go of it, and nothing fails', async () => {
  const [seen, server] = [nobody(), new TestServer()];
  let give: (storage: never) => void = () => {};
  let left = 0;
  const told: unknown[] = [];
  const given: Given = { onError: (error) => told.push(error) };
  const bridge = {
    url: 'ws://one.example/ws',
    WebSocket: server.WebSocket,
    storage: () =>
      new Promise<never>((resolve) => {
        give = resolve;
      }),
  };
  const screen = await render(page({ records: RECORDS }, seen, given));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  await screen.rerender(page({ records: RECORDS, bridge }, seen, given));
  await screen.unmount();
  await vi.waitFor(() => expect(() => newest(seen).keys()).toThrow('freed'));
  const leave = () => {
    left += 1;
  };
  give({ shared: { leave } } as never);
  await vi.waitFor(() => expect(left).toBe(1));
  expect(told).toEqual([]);
  expect(server.urls).toEqual([]);
});

test('a local value is not sent to the server when its record becomes one of the server', async () => {
  const [seen, server] = [nobody(), new TestServer()];
  const bridge = { url: 'ws://a/ws', subscribeTopics: ['room/#'], WebSocket: server.WebSocket };
  const options = (truth: 'local' | 'mirror'): AimDbOptions => ({
    records: { 'room.vienna': { ...VIENNA, truth } },
    bridge,
  });
  const screen = await render(page(options('local'), seen));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none connected');
  newest(seen).set('room.vienna', celsius(5));
  await screen.rerender(page(options('local'), seen));
  await expect.element(screen.getByRole('status')).toHaveTextContent('5 connected');
  await screen.rerender(page(options('mirror'), seen));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none connected');
  server.sends('room/vienna', celsius(6), 1);
  await expect.element(screen.getByRole('status')).toHaveTextContent('6 connected');
  expect(server.frames.filter(({ type }) => type === 'write')).toEqual([]);
  expect(server.urls).toHaveLength(1);
});
