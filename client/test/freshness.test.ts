/** How fresh what a record shows is, over connections that come and go. */
import { type Freshness, WsBridge } from '@aimdb/wasm';
import { expect, test, vi } from 'vitest';
import { freshDatabases } from './support/db.js';
import { QUICK, Room } from './support/room.js';

const database = freshDatabases();
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);

function tab(url: string, options: object = {}) {
  const db = database();
  db.configureRecord('room.t', { schemaType: 'temperature', buffer: 'SingleLatest' });
  db.configureRecord('own', { schemaType: 'temperature', buffer: 'SingleLatest', truth: 'local' });
  const bridge = WsBridge.connect(db, url, { ...QUICK, subscribeTopics: ['#'], ...options });
  const seen: Freshness[] = [];
  const note = () => {
    const now = db.freshness('room.t');
    if (seen.at(-1) !== now) seen.push(now);
  };
  note();
  db.onFreshnessChange(note);
  return { db, bridge, seen };
}

const warm = (celsius: number) => ({ celsius, timestamp: celsius });

test('a record is offline, stale, fresh, offline and fresh again, and one that is local is local', async () => {
  const room = new Room();
  await room.publish('room/t', warm(20));
  const { db, bridge, seen } = tab(room.url);
  expect(db.freshness('own')).toBe('local');
  const first = seen[0] as { offlineSince: number };
  expect(Math.abs(first.offlineSince - Date.now())).toBeLessThan(10_000);
  await until(() => db.freshness('room.t') === 'fresh');
  // The same object as long as it is the same.
  expect(db.freshness('room.t')).toBe(db.freshness('room.t'));
  await room.close();
  await until(() => bridge.status() !== 'connected');
  const offline = db.freshness('room.t');
  expect(offline).toMatchObject({ offlineSince: expect.any(Number) });
  expect(db.freshness('room.t')).toBe(offline);
  await room.open();
  await until(() => db.freshness('room.t') === 'fresh');
  await until(() => seen.filter((one) => one === 'fresh').length === 2);
  expect(db.get('room.t')).toMatchObject({ celsius: 20 });
  expect(db.freshness('own')).toBe('local');
  bridge.disconnect();
  expect(db.freshness('room.t')).toBe('local');
});

test('what was missed is a gap, until the next connection', async () => {
  const room = new Room();
  const { db } = tab(room.url);
  const value = JSON.stringify(warm(1));
  const data = (seq: number, gap: number) =>
    room.send(
      `{"type":"data","topic":"room/t","payload":${value},"ts":1,"seq":${seq},"gap":${gap}}`,
    );
  await until(() => db.freshness('room.t') === 'stale');
  await data(1, 0);
  await until(() => db.freshness('room.t') === 'fresh');
  await data(5, 3);
  await data(9, 2);
  await until(() => (db.freshness('room.t') as { gap: number }).gap === 5);
  await room.drop();
  await until(() => db.freshness('room.t') === 'stale');
});

test('what a device had is restored until its server confirms it', async () => {
  const room = new Room();
  await room.publish('room/t', warm(20));
  await room.close();
  const write = {
    write: 1,
    topic: 'room/t',
    payload: JSON.stringify(warm(25)),
    offline: -2,
    handedOver: false,
    key: 'room.t',
    version: 2,
  };
  const storage = {
    client: 'device',
    epoch: 1,
    nextWrite: 2,
    writes: [write],
    keep: () => Promise.resolve(),
  };
  const { db, seen } = tab(room.url, { storage });
  expect(db.get('room.t')).toMatchObject({ celsius: 25 });
  expect(seen).toEqual(['restored']);
  await room.open();
  await until(() => db.freshness('room.t') === 'fresh');
});
