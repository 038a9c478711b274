/** What becomes of writes, against the real server: receipts, lists and dead letters. */
import { type AimDbError, type BridgeOptions, WriteFailed, WsBridge } from '@aimdb/wasm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freshDatabases, thrown } from './support/db.js';
import { Device } from './support/device.js';
import { QUICK } from './support/room.js';
import { type Server, startServer } from './support/server.js';

const database = freshDatabases();
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);
const NOWHERE = 'ws://127.0.0.1:1';

let server: Server;
beforeAll(async () => {
  const record = (key: string, more: string) =>
    `[[records]]\nkey = "${key}"\nschema = "humidity"\nbuffer = "SingleLatest"\n${more}\n`;
  server = await startServer({
    'server.toml': record('room', 'writable = true') + record('shown', ''),
  });
});
afterAll(() => server.stop());

const humidity = (timestamp: number) => ({ percent: timestamp % 100, timestamp });

function tab(address: string, options: BridgeOptions = {}) {
  const db = database();
  for (const key of ['room', 'shown', 'nowhere', 'own']) {
    const truth = key === 'own' ? 'local' : 'mirror';
    db.configureRecord(key, { schemaType: 'humidity', buffer: 'SingleLatest', truth });
  }
  const bridge = WsBridge.connect(db, address, { ...QUICK, subscribeTopics: ['#'], ...options });
  return { db, bridge };
}

async function failure(promise: Promise<unknown>): Promise<WriteFailed> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(WriteFailed);
  return error as WriteFailed;
}

test('a receipt tells when the server took the write, and that nothing outlives the tab', async () => {
  const { db, bridge } = tab(server.socket);
  const receipt = db.set('room', humidity(1));
  expect(receipt).toMatchObject({ write: 1, status: 'pending' });
  await expect(receipt.stored).resolves.toBe(false);
  const settled = await receipt.acknowledged;
  expect(settled).toMatchObject({ write: 1, key: 'room', outcome: 'acknowledged' });
  expect(receipt.status).toBe('acknowledged');
  // Asked for late it is the same, also by the handle and by a topic that is no record.
  expect(await receipt.acknowledged).toBe(settled);
  expect((await db.record('room').set(humidity(2)).acknowledged)?.write).toBe(2);
  expect((await bridge.write('room', humidity(3)).acknowledged)?.write).toBe(3);
});

test('a record that no server hears of has a receipt that is done', async () => {
  const { db } = tab(server.socket);
  const own = db.set('own', humidity(1));
  expect(own).toMatchObject({ write: null, status: 'local' });
  await expect(own.stored).resolves.toBe(false);
  await expect(own.acknowledged).resolves.toBe(null);
  const alone = database();
  alone.configureRecord('room', { schemaType: 'humidity', buffer: 'SingleLatest' });
  expect(alone.set('room', humidity(1)).status).toBe('local');
});

test('what is refused, dropped or unknown rejects with all that is known, and troubles nobody who did not ask', async () => {
  const { db, bridge } = tab(server.socket);
  await until(() => bridge.status() === 'connected');
  db.set('shown', humidity(1));
  const refused = await failure(db.set('shown', humidity(2)).acknowledged);
  expect(refused).toMatchObject({ code: 'WRITE_REFUSED', reason: 'read_only', record: 'shown' });
  expect(refused.settled).toMatchObject({ outcome: 'refused', code: 'FORBIDDEN', write: 2 });
  expect(refused.message).toContain("write 2 to 'shown' was refused");

  const offline = tab(NOWHERE);
  const first = offline.db.set('room', humidity(1));
  const second = offline.db.set('room', humidity(2));
  expect(await failure(first.acknowledged)).toMatchObject({
    code: 'WRITE_DROPPED',
    reason: 'superseded',
  });
  expect(first.status).toBe('dropped');
  offline.bridge.disconnect();
  expect(await failure(second.acknowledged)).toMatchObject({
    code: 'WRITE_DROPPED',
    reason: 'disconnected',
  });
  // One that ended before its receipt was there.
  const rejected = tab(NOWHERE).bridge.write('room', humidity(1), { offline: 'reject' });
  expect(rejected.status).toBe('dropped');
  expect(await failure(rejected.acknowledged)).toMatchObject({ reason: 'offline' });
});

test('with a device: stored, then acknowledged; what waits when the bridge ends is no failure of the write', async () => {
  const device = new Device();
  const first = tab(NOWHERE, { storage: device.open() });
  const waits = first.db.set('room', humidity(1));
  expect(waits.status).toBe('pending');
  await expect(waits.stored).resolves.toBe(true);
  expect(waits.status).toBe('stored');
  first.bridge.disconnect();
  await expect(waits.acknowledged).rejects.toMatchObject({ code: 'DISCONNECTED' });
  expect(waits.status).toBe('stored');

  const second = tab(server.socket, { storage: device.open() });
  const next = second.db.set('room', humidity(2));
  await expect(next.stored).resolves.toBe(true);
  expect((await next.acknowledged)?.outcome).toBe('acknowledged');

  device.isFull = true;
  const full = second.db.set('room', humidity(3));
  await expect(full.stored).resolves.toBe(false);
  expect(await failure(full.acknowledged)).toMatchObject({ reason: 'not_stored' });

  const memory = tab(server.socket, { storage: { ...new Device().open(), isDurable: false } });
  await expect(memory.db.set('room', humidity(4)).stored).resolves.toBe(false);
});

test('the writes of a bridge as a list: the same object until something changes', async () => {
  const device = new Device();
  const { db, bridge } = tab(NOWHERE, { storage: device.open() });
  const told = vi.fn();
  bridge.onWritesChange(told);
  const empty = bridge.writes();
  expect(empty).toEqual({ waiting: [], ended: [] });
  expect(bridge.writes()).toBe(empty);
  db.set('room', humidity(1));
  bridge.write('nowhere', humidity(2), { offline: { expireMs: 60_000 } });
  expect(bridge.writes().waiting).toMatchObject([
    { write: 1, topic: 'room', key: 'room', value: humidity(1), status: 'pending' },
    { write: 2, topic: 'nowhere', value: humidity(2), status: 'pending' },
  ]);
  expect(bridge.writes().waiting[1]?.expiresAt).toBeGreaterThan(Date.now());
  await until(() => bridge.writes().waiting.every(({ status }) => status === 'stored'));
  const before = bridge.writes();
  expect(told).toHaveBeenCalled();
  db.set('room', humidity(3));
  await until(() => bridge.writes().ended.length === 1);
  const after = bridge.writes();
  expect(after.ended).toMatchObject([{ write: 1, outcome: 'dropped', reason: 'superseded' }]);
  expect(after.waiting.map(({ write }) => write)).toEqual([2, 3]);
  expect(after.waiting[0]).toBe(before.waiting[1]);
  // A write that no server hears of changes nothing here, though the bridge looks.
  await until(() => bridge.writes().waiting.every(({ status }) => status === 'stored'));
  const quiet = bridge.writes();
  db.set('own', humidity(4));
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(bridge.writes()).toBe(quiet);
});

test('what an earlier run has left is in the list from the start', async () => {
  const device = new Device();
  const first = tab(NOWHERE, { storage: device.open() });
  await first.db.set('room', humidity(1)).stored;
  first.db.free();
  const { bridge } = tab(NOWHERE, { storage: device.open() });
  expect(bridge.writes().waiting).toMatchObject([
    { write: 1, value: humidity(1), status: 'stored' },
  ]);
});

test('sixty-four of those that ended are listed, the newest', async () => {
  const { bridge } = tab(NOWHERE);
  for (let n = 1; n <= 70; n++) bridge.write('room', humidity(n), { offline: 'reject' });
  const { ended } = bridge.writes();
  expect(ended.map(({ write }) => write)).toEqual(Array.from({ length: 64 }, (_, n) => n + 7));
});

test('what came to nothing is a dead letter: tried again under another number, or let go', async () => {
  const { db, bridge } = tab(server.socket);
  const told = vi.fn();
  db.deadLetters().onChange(told);
  await until(() => bridge.status() === 'connected');
  await failure(db.set('shown', humidity(1)).acknowledged);
  await failure(bridge.write('nowhere', humidity(2)).acknowledged);
  await until(() => db.deadLetters().list().length === 2);
  expect(db.deadLetters().list()).toMatchObject([
    { write: 1, key: 'shown', value: humidity(1), outcome: 'refused', reason: 'read_only' },
    { write: 2, topic: 'nowhere', value: humidity(2), reason: 'unknown_topic' },
  ]);
  expect(told).toHaveBeenCalledTimes(2);
  const again = db.deadLetters().retry(1);
  expect(again.write).toBe(3);
  expect(
    db
      .deadLetters()
      .list()
      .map(({ write }) => write),
  ).toEqual([2]);
  await failure(again.acknowledged);
  await until(() => db.deadLetters().list().length === 2);
  db.deadLetters().discard(2);
  expect(
    db
      .deadLetters()
      .list()
      .map(({ write }) => write),
  ).toEqual([3]);
  const error = (await thrown(() => db.deadLetters().retry(2))) as AimDbError;
  expect(error.code).toBe('LETTER_UNKNOWN');
});

test('a newer value of the own makes no dead letter', async () => {
  const { db, bridge } = tab(NOWHERE);
  db.set('room', humidity(1));
  db.set('room', humidity(2));
  await until(() => bridge.writes().ended.length === 1);
  expect(db.deadLetters().list()).toEqual([]);
});

test('dead letters outlive the tab, and so does that they went', async () => {
  const device = new Device();
  const first = tab(server.socket, { storage: device.open() });
  await failure(first.db.set('shown', humidity(1)).acknowledged);
  await failure(first.db.set('shown', humidity(2)).acknowledged);
  await until(() => device.letters.size === 2);
  first.db.free();

  const second = tab(server.socket, { storage: device.open() });
  expect(second.db.deadLetters().list()).toMatchObject([
    { write: 1, value: humidity(1), reason: 'read_only' },
    { write: 2, value: humidity(2) },
  ]);
  const again = second.db.deadLetters().retry(1);
  second.db.deadLetters().discard(2);
  await until(() => !device.letters.has(1) && !device.letters.has(2));
  await failure(again.acknowledged);
  await until(() => device.letters.size === 1);
});
