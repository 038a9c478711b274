/** Writes that a device keeps, against the real server: what was written before a reload arrives after it, once. */
import { type AimDbError, type SettledWrite, WsBridge } from '@aimdb/wasm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freshDatabases, thrown } from './support/db.js';
import { Device } from './support/device.js';
import { QUICK } from './support/room.js';
import { type Server, startServer } from './support/server.js';

const database = freshDatabases();
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);

let server: Server;
beforeAll(async () => {
  const record = (key: string, buffer: string) =>
    `[[records]]\nkey = "${key}"\nschema = "humidity"\nwritable = true\nbuffer = ${buffer}\n`;
  const ring = '{ type = "SpmcRing", capacity = 100 }';
  const records = record('log', ring) + record('room', '"SingleLatest"');
  server = await startServer({ 'server.toml': `data = "data"\n${records}` });
});
afterAll(() => server.stop());

const humidity = (timestamp: number) => ({ percent: timestamp % 100, timestamp });

function tab(device: Device, address: string, options: object = {}) {
  const db = database();
  db.configureRecord('log', {
    schemaType: 'humidity',
    buffer: { type: 'SpmcRing', capacity: 100 },
  });
  db.configureRecord('room', { schemaType: 'humidity', buffer: 'SingleLatest' });
  const storage = device.open();
  const bridge = WsBridge.connect(db, address, {
    ...QUICK,
    subscribeTopics: ['#'],
    storage,
    ...options,
  });
  const settled: SettledWrite[] = [];
  const stored: number[] = [];
  const errors: AimDbError[] = [];
  bridge.onWriteSettled((write) => settled.push(write));
  bridge.onWriteStored(({ write }) => stored.push(write));
  bridge.onError((error) => errors.push(error));
  return { db, bridge, settled, stored, errors };
}

const NOWHERE = 'ws://127.0.0.1:1';
const outcomes = (settled: SettledWrite[]) => settled.map(({ write, outcome }) => [write, outcome]);

test('ten writes without network and a reload: all of them arrive, once and in order', async () => {
  const device = new Device();
  const first = tab(device, NOWHERE);
  for (let n = 1; n <= 10; n++) first.db.set('log', humidity(n));
  first.db.set('room', humidity(77));
  await until(() => first.stored.length === 11);
  expect(first.settled).toEqual([]);
  first.db.free();

  const second = tab(device, server.socket);
  // Shown before the server has said a word.
  expect(second.db.get('room')).toMatchObject({ timestamp: 77 });
  expect(
    second.db.history('log').map((value) => (value as { timestamp: number }).timestamp),
  ).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(second.bridge.pendingWrites).toBe(11);
  await until(() => second.settled.length === 11);
  expect(outcomes(second.settled)).toEqual(
    Array.from({ length: 11 }, (_, index) => [index + 1, 'acknowledged']),
  );
  await until(() => device.kept.size === 0);
  const { records } = await second.bridge.query('log');
  expect(records.map(({ payload }) => (payload as { timestamp: number }).timestamp)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ]);
  // The numbers go on: a server that knew 11 would take a lower one for a repeat.
  second.db.set('log', humidity(11));
  await until(() => second.settled.length === 12);
  expect(outcomes(second.settled).at(-1)).toEqual([12, 'acknowledged']);
});

test('of two thousand writes without network none is dropped, and the next tab has them all', async () => {
  const device = new Device();
  const first = tab(device, NOWHERE);
  for (let n = 1; n <= 2_000; n++) first.db.set('log', humidity(n));
  await until(() => first.stored.length === 2_000);
  expect(first.settled).toEqual([]);
  expect(first.bridge.pendingWrites).toBe(2_000);
  first.db.free();
  const second = tab(device, NOWHERE);
  expect(second.bridge.pendingWrites).toBe(2_000);
  second.db.set('log', humidity(2_001));
  await until(() => second.stored.length === 1);
  expect(second.settled).toEqual([]);
  // Who wants fewer says so.
  const few = tab(new Device(), NOWHERE, { maxOfflineQueue: 3 });
  for (let n = 1; n <= 4; n++) few.db.set('log', humidity(n));
  await until(() => few.settled.length === 1);
  expect(few.settled).toMatchObject([{ outcome: 'dropped', reason: 'queue_full' }]);
});

test('a tab that dies with answers under way: the next one asks again, and nothing is there twice', async () => {
  const device = new Device();
  device.forgetsNothing = true;
  const first = tab(device, server.socket);
  await until(() => first.bridge.status() === 'connected');
  const start = 1_000;
  for (let n = start; n < start + 5; n++) first.db.set('log', humidity(n));
  await until(() => first.stored.length === 5);
  await until(() => first.settled.length === 5);
  first.db.free();
  expect([...device.kept.values()].map(({ handedOver }) => handedOver)).toEqual(
    Array(5).fill(true),
  );
  device.forgetsNothing = false;

  const second = tab(device, server.socket);
  await until(() => second.settled.length === 5);
  expect(new Set(second.settled.map(({ outcome }) => outcome))).toEqual(new Set(['acknowledged']));
  const { records } = await second.bridge.query('log', { from: start, to: start + 10 });
  expect(records).toHaveLength(5);
});

test('a device without room refuses what is new, says so, and goes on with what it has', async () => {
  const device = new Device();
  const { db, bridge, settled, stored, errors } = tab(device, server.socket);
  await until(() => bridge.status() === 'connected');
  db.set('room', humidity(1));
  await until(() => settled.length === 1 && stored.length === 1);
  device.isFull = true;
  db.set('room', humidity(2));
  await until(() => settled.length === 2);
  expect(settled[1]).toMatchObject({ outcome: 'dropped', reason: 'not_stored' });
  expect(errors).toMatchObject([{ code: 'STORAGE_FAILED' }]);
  expect(db.get('room')).toMatchObject({ timestamp: 1 });
  device.isFull = false;
  db.set('room', humidity(3));
  await until(() => settled.length === 3);
  expect(settled[2]).toMatchObject({ outcome: 'acknowledged' });
});

test('a command whose time is over while no tab was open is not sent', async () => {
  const device = new Device();
  const first = tab(device, NOWHERE);
  first.bridge.write('room', humidity(500), { offline: { expireMs: 400 } });
  await until(() => first.stored.length === 1);
  first.db.free();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const second = tab(device, server.socket);
  await until(() => second.settled.length === 1);
  expect(second.settled[0]).toMatchObject({ outcome: 'dropped', reason: 'expired' });
  await until(() => device.kept.size === 0);
});

test('that a letter goes is not taken for the keeping of a write that is under way', async () => {
  const device = new Device();
  const { kept } = device;
  const { db, bridge, settled, stored } = tab(device, server.socket);
  bridge.write('nowhere', { x: 1 });
  await until(() => settled.length === 1 && device.letters.size === 1);
  const told = stored.length;
  const before = kept.size;
  db.deadLetters().discard(bridge.deadLetters.list()[0]?.write ?? 0);
  // After the letter's transaction has begun, and before it has ended.
  await Promise.resolve();
  const receipt = db.set('room', humidity(600));
  await receipt.stored;
  expect(kept.size).toBe(before + 1);
  await until(() => stored.length === told + 1);
  await receipt.acknowledged;
});

test('a letter that is tried again on a device without room stays, on the device too', async () => {
  const device = new Device();
  const { db, bridge, settled } = tab(device, server.socket);
  bridge.write('nowhere', { x: 1 });
  await until(() => settled.length === 1 && device.letters.size === 1);
  const [letter] = db.deadLetters().list();
  device.isFull = true;
  db.deadLetters().retry(letter?.write ?? 0);
  await until(() => settled.length === 2);
  expect(settled[1]).toMatchObject({ outcome: 'dropped', reason: 'not_stored' });
  await until(() => db.deadLetters().list().length === 1);
  expect(db.deadLetters().list()).toEqual([letter]);
  expect([...device.letters.keys()]).toEqual([letter?.write]);
  device.isFull = false;
  db.deadLetters().retry(letter?.write ?? 0);
  await until(() => settled.length === 3);
  await until(() => device.letters.size === 1 && !device.letters.has(letter?.write ?? 0));
});

test.each([
  ['none', () => undefined],
  ['too few', () => []],
  ['no numbers', (count: number) => Array(count).fill(Number.NaN)],
  ['negative ones', (count: number) => Array(count).fill(-1)],
  ['one that is too large', (count: number) => Array(count).fill(1e300)],
  ['a text', () => 'abc'],
])(
  'a shared storage that numbers writes with %s is told of, and nothing waits for ever',
  async (...[, give]) => {
    const device = new Device().open();
    const shared = {
      join: ({ lead }: { lead(epoch: number): void }) => lead(1),
      overtaken() {},
      leave() {},
    };
    const keep = async (changes: readonly unknown[]) => give(changes.length) as never;
    const db = database();
    db.configureRecord('room', { schemaType: 'humidity', buffer: 'SingleLatest' });
    const bridge = WsBridge.connect(db, server.socket, {
      ...QUICK,
      subscribeTopics: ['#'],
      storage: { ...device, keep, shared },
    });
    const errors: string[] = [];
    bridge.onError(({ code }) => errors.push(code));
    const error = await thrown(() => db.set('room', humidity(1)).acknowledged);
    expect([error.code, error.reason]).toEqual(['WRITE_DROPPED', 'not_stored']);
    expect(bridge.pendingWrites).toBe(0);
    await until(() => errors.includes('STORAGE_FAILED'));
  },
);

test('a storage is for one bridge: a second one is refused, since what it knows is of then', async () => {
  const device = new Device();
  const storage = device.open();
  const one = WsBridge.connect(database(), NOWHERE, { ...QUICK, storage });
  one.disconnect();
  const error = await thrown(() => WsBridge.connect(database(), NOWHERE, { ...QUICK, storage }));
  expect([error.code, error.message]).toEqual([
    'OPTIONS_INVALID',
    expect.stringContaining('forWrites'),
  ]);
});

test('what is no storage is refused, and so is what a storage alone says', async () => {
  for (const [options, words] of [
    [{ storage: {} }, 'storage must be'],
    [{ storage: null }, 'storage must be'],
    [{ client: 'me' }, "no option 'client'"],
    [{ firstWrite: 3 }, "no option 'firstWrite'"],
  ] as const) {
    const error = await thrown(() =>
      WsBridge.connect(database(), NOWHERE, { ...QUICK, ...options } as never),
    );
    expect(error.code).toBe('OPTIONS_INVALID');
    expect(error.message).toContain(words);
  }
});
