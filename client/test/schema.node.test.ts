/** Records with a schema against the real server: `schema = "json"` there, Zod here. */
import { type AimDbError, type SettledWrite, WsBridge } from '@aimdb/wasm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { freshDatabases } from './support/db.js';
import { QUICK } from './support/room.js';
import { type Server, startServer } from './support/server.js';

const database = freshDatabases();
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);
const KEY = 'shop.order';

let server: Server;
beforeAll(async () => {
  const config = `[[records]]
key = "${KEY}"
schema = "json"
buffer = "SingleLatest"
writable = true
`;
  server = await startServer({ 'server.toml': config });
});
afterAll(() => server.stop());

const schema = z.object({ id: z.string(), count: z.number().min(1).default(1) });

async function tab(options: object) {
  const db = database();
  db.configureRecord(KEY, { buffer: 'SingleLatest', ...options } as never);
  const bridge = WsBridge.connect(db, server.socket, { ...QUICK, subscribeTopics: ['#'] });
  const settled: SettledWrite[] = [];
  const errors: AimDbError[] = [];
  bridge.onWriteSettled((write) => settled.push(write));
  bridge.onError((error) => errors.push(error));
  await until(() => bridge.status() === 'connected');
  return { db, settled, errors };
}

test('what one tab writes another with the schema gets, and what its schema refuses it tells', async () => {
  const [strict, free] = [await tab({ schema }), await tab({ schemaType: 'json' })];
  strict.db.set(KEY, { id: 'A', more: true });
  await until(() => strict.settled.length === 1 && free.db.get(KEY));
  expect(strict.settled).toMatchObject([{ outcome: 'acknowledged' }]);
  expect(free.db.get(KEY)).toEqual({ id: 'A', count: 1 });
  free.db.set(KEY, { id: 'B', count: 0 });
  await until(() => strict.errors.length === 1);
  expect(strict.errors).toMatchObject([
    { code: 'CONTRACT_VIOLATION', record: KEY, path: 'count', reason: 'schema' },
  ]);
  expect(strict.db.get(KEY)).toEqual({ id: 'A', count: 1 });
  free.db.set(KEY, { id: 'C', count: 3, nested: [{ deep: null }] });
  await until(() => (strict.db.get(KEY) as { id: string }).id === 'C');
  expect(strict.db.get(KEY)).toEqual({ id: 'C', count: 3 });
  expect(free.db.get(KEY)).toEqual({ id: 'C', count: 3, nested: [{ deep: null }] });
  expect(free.settled).toHaveLength(2);
  // The echo of its own write is no second update, though the schema has looked at it.
  expect(strict.db.version(KEY)).toBe(2);
  const late = await tab({ schema });
  await until(() => late.db.get(KEY));
  expect(late.db.get(KEY)).toEqual({ id: 'C', count: 3 });
});
