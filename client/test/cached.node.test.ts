/** Values from the device, shown before there is a network: against the real server, over a storage in memory. */
import { WsBridge } from '@aimdb/wasm';
import { openStorage } from '@aimdb/wasm/storage';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freshDatabases } from './support/db.js';
import { QUICK } from './support/room.js';
import { type Server, startServer } from './support/server.js';

const database = freshDatabases();
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);
const NOWHERE = 'ws://127.0.0.1:1';

let server: Server;
beforeAll(async () => {
  const record = (key: string, buffer: string) =>
    `[[records]]\nkey = "${key}"\nschema = "humidity"\nwritable = true\nbuffer = ${buffer}\n`;
  const ring = '{ type = "SpmcRing", capacity = 100 }';
  const records =
    record('log', ring) +
    record('strict', ring).replace('writable = true\n', '') +
    record('room', '"SingleLatest"') +
    record('command', '"Mailbox"');
  server = await startServer({ 'server.toml': records });
});
afterAll(() => server.stop());

const humidity = (timestamp: number) => ({ percent: timestamp % 100, timestamp });
const times = (values: readonly unknown[]) =>
  values.map((value) => (value as { timestamp: number }).timestamp);

type Storage = Awaited<ReturnType<typeof openStorage>>;

async function tab(address: string, storage: Storage | null) {
  const db = database();
  const ring = { type: 'SpmcRing', capacity: 100 } as const;
  db.configureRecord('log', { schemaType: 'humidity', buffer: ring });
  db.configureRecord('strict', { schemaType: 'humidity', buffer: ring });
  db.configureRecord('room', { schemaType: 'humidity', buffer: 'SingleLatest' });
  db.configureRecord('command', { schemaType: 'humidity', buffer: 'Mailbox' });
  const bridge = WsBridge.connect(db, address, {
    ...QUICK,
    subscribeTopics: ['#'],
    ...(storage ? { storage: await storage.forWrites() } : {}),
  });
  return { db, bridge };
}

test('a later run shows what the server said last, and then what it missed, once', async () => {
  const storage = await openStorage();
  const first = await tab(server.socket, storage);
  for (const n of [1, 2, 3]) await first.db.set('log', humidity(n)).acknowledged;
  await first.db.set('room', humidity(30)).acknowledged;
  await first.db.set('command', humidity(40)).acknowledged;
  await until(
    () => first.db.freshness('log') === 'fresh' && first.db.freshness('room') === 'fresh',
  );
  first.bridge.disconnect();

  const away = await tab(NOWHERE, storage);
  expect(away.db.get('room')).toEqual(humidity(30));
  expect(times(away.db.history('log'))).toEqual([1, 2, 3]);
  expect(away.db.get('command')).toBe(null);
  expect(away.db.freshness('room')).toBe('restored');
  expect(away.db.freshness('log')).toBe('restored');
  // What is written now stands on it, and is not kept as if a server had said it.
  away.db.set('room', humidity(31));
  away.bridge.disconnect();

  const other = await tab(server.socket, null);
  for (const n of [4, 5]) await other.db.set('log', humidity(n)).acknowledged;
  const again = await tab(server.socket, storage);
  expect(again.db.get('room')).toEqual(humidity(31));
  const missed = vi.fn();
  again.db.subscribe('log', () => {}, { onLag: missed });
  await until(() => times(again.db.history('log')).length >= 5);
  expect(times(again.db.history('log'))).toEqual([1, 2, 3, 4, 5]);
  await until(() => again.db.freshness('log') === 'fresh');
  expect(missed).not.toHaveBeenCalled();
  await until(() => again.bridge.pendingWrites === 0);
  expect(again.db.get('room')).toEqual(humidity(31));
});

test('a record that is configured late gets its value too; one with a value keeps it', async () => {
  const storage = await openStorage();
  await storage.cache.putMany([
    { key: 'aimdb:record:late', value: [humidity(7)], version: { version: 1 } },
    { key: 'aimdb:record:room', value: [humidity(8)], version: { version: 1 } },
    { key: 'aimdb:record:broken', value: [{ percent: 'much' }], version: { version: 1 } },
    { key: 'aimdb:record:log', value: 'no list' },
    { key: 'an application', value: { is: 'here too' } },
  ]);
  const { db } = await tab(NOWHERE, storage);
  expect(db.get('room')).toEqual(humidity(8));
  expect(db.get('log')).toBe(null);
  db.configureRecord('broken', { schemaType: 'humidity', buffer: 'SingleLatest' });
  db.configureRecord('late', { schemaType: 'humidity', buffer: 'SingleLatest' });
  await until(() => db.get('late') !== null);
  expect(db.get('late')).toEqual(humidity(7));
  expect(db.get('broken')).toBe(null);
});

test('of a ring the values that its contract takes no more are left out, and no others', async () => {
  const storage = await openStorage();
  const value = [humidity(1), { percent: 'much' }, humidity(3), null, humidity(5)];
  await storage.cache.put({ key: 'aimdb:record:log', value, version: { version: 1 } });
  const { db } = await tab(NOWHERE, storage);
  expect(times(db.history('log'))).toEqual([1, 3, 5]);
  expect(db.freshness('log')).toBe('restored');
});

test('what changes is kept while the bridge runs, too', async () => {
  const storage = await openStorage();
  const { db } = await tab(server.socket, storage);
  await db.set('room', humidity(50)).acknowledged;
  await vi.waitFor(
    async () => {
      const kept = await storage.cache.get('aimdb:record:room');
      expect(kept?.value).toEqual([humidity(50)]);
    },
    { timeout: 6_000, interval: 100 },
  );
});

test('of a ring of large values as many are kept as there is room for, and other records all the same', async () => {
  const storage = await openStorage({ cacheBytesMax: 4_096 });
  const values = (await storage.forWrites()).values;
  const large = Array.from({ length: 64 }, (_, n) => ({ n, pad: 'x'.repeat(200) }));
  const stop = values?.watch(() => [
    { key: 'photos', revision: 1, read: () => ({ key: 'photos', values: large }) },
    { key: 'small', revision: 1, read: () => ({ key: 'small', values: [1] }) },
  ]);
  stop?.();
  await vi.waitFor(async () => {
    expect((await storage.cache.get('aimdb:record:small'))?.value).toEqual([1]);
  });
  const kept = (await storage.cache.get('aimdb:record:photos'))?.value as { n: number }[];
  expect(kept.length).toBeGreaterThan(1);
  expect(kept.at(-1)?.n).toBe(63);
});

test('records that change all the time do not keep others from being kept', async () => {
  const storage = await openStorage();
  const values = (await storage.forWrites()).values;
  const full = Array.from({ length: 256 }, (_, n) => n);
  let revision = 0;
  const look = () => {
    revision += 1;
    const rings = Array.from({ length: 20 }, (_, n) => `ring${n}`).map((key) => ({
      key,
      revision,
      read: () => ({ key, values: full }),
    }));
    const quiet = { key: 'quiet', revision: 1, read: () => ({ key: 'quiet', values: [1] }) };
    return [...rings, quiet];
  };
  // Each end of a watch is one more look.
  for (let looks = 0; looks < 3; looks++) values?.watch(look)();
  await vi.waitFor(async () => {
    expect((await storage.cache.get('aimdb:record:quiet'))?.value).toEqual([1]);
    expect(await storage.cache.get('aimdb:record:ring19')).toBeDefined();
  });
});

test('a ring shows what its server refused in this run, and no later one does', async () => {
  const storage = await openStorage();
  const first = await tab(server.socket, storage);
  await first.db.set('log', humidity(61)).acknowledged;
  await first.db.set('strict', humidity(62)).acknowledged.catch(() => {});
  await first.db.set('strict', humidity(63)).acknowledged.catch(() => {});
  expect(times(first.db.history('strict'))).toEqual([62, 63]);
  await until(() => first.db.freshness('log') === 'fresh');
  first.bridge.disconnect();
  const away = await tab(NOWHERE, storage);
  expect(times(away.db.history('log')).at(-1)).toBe(61);
  expect(away.db.history('strict')).toEqual([]);
});
