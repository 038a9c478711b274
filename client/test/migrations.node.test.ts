/** A tab with functions between versions against the real server, which holds the oldest. */
import { type AimDbError, type SettledWrite, WsBridge } from '@aimdb/wasm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freshDatabases } from './support/db.js';
import { QUICK } from './support/room.js';
import { type Server, startServer } from './support/server.js';

const database = freshDatabases();
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);
const KEY = 'shop.order';
const OLD = {
  name: 'order',
  version: 1,
  fields: [
    { name: 'name', kind: 'text' },
    { name: 'sum', kind: 'f64', min: 0 },
  ],
} as const;
const NEW = {
  name: 'order',
  version: 2,
  fields: [
    { name: 'first', kind: 'text' },
    { name: 'last', kind: 'text' },
    { name: 'cents', kind: 'i32' },
  ],
} as const;

let server: Server;
beforeAll(async () => {
  server = await startServer({
    'order.json': JSON.stringify(OLD),
    'server.toml': `[[contracts]]
file = "order.json"
[[records]]
key = "${KEY}"
schema = "order"
buffer = "SingleLatest"
writable = true
`,
  });
});
afterAll(() => server.stop());

async function tab(isNew: boolean) {
  const db = database();
  const contract = isNew ? NEW : OLD;
  const migrate = {
    1: {
      up({ name, sum }: { name?: string; sum?: number }) {
        const [first, last] = (name ?? '').split(' ');
        return { first, last, cents: Math.round(Number(sum) * 100) };
      },
      down: ({ first, last, cents }: { first?: string; last?: string; cents?: number }) => ({
        name: `${first} ${last}`,
        sum: Number(cents) / 100,
      }),
    },
  };
  db.registerContract(contract, isNew ? { migrate } : {});
  db.configureRecord(KEY, { contract, buffer: 'SingleLatest' });
  const bridge = WsBridge.connect(db, server.socket, { ...QUICK, subscribeTopics: ['#'] });
  const settled: SettledWrite[] = [];
  const errors: AimDbError[] = [];
  bridge.onWriteSettled((write) => settled.push(write));
  bridge.onError((error) => errors.push(error));
  await until(() => bridge.status() === 'connected');
  await bridge.listTopics();
  return { db, settled, errors };
}

test('tabs of two versions write and read over a server that holds the older one', async () => {
  const [older, newer] = [await tab(false), await tab(true)];
  older.db.set(KEY, { name: 'Ada Byron', sum: 2.5 });
  await until(() => newer.db.get(KEY));
  expect(newer.db.get(KEY)).toEqual({ first: 'Ada', last: 'Byron', cents: 250 });
  newer.db.set(KEY, { first: 'Alan', last: 'Turing', cents: 99 });
  await until(() => (older.db.get(KEY) as { sum: number }).sum === 0.99);
  expect(older.db.get(KEY)).toEqual({ name: 'Alan Turing', sum: 0.99 });
  await until(() => newer.settled.length === 1);
  expect(newer.settled).toMatchObject([{ outcome: 'acknowledged' }]);
  // What the server refuses is taken back, as ever.
  newer.db.set(KEY, { first: 'Alan', last: 'Turing', cents: -1 });
  await until(() => newer.settled.length === 2);
  expect(newer.settled[1]).toMatchObject({ outcome: 'refused' });
  expect(newer.db.get(KEY)).toEqual({ first: 'Alan', last: 'Turing', cents: 99 });
  const late = await tab(true);
  await until(() => late.db.get(KEY));
  expect(late.db.get(KEY)).toEqual({ first: 'Alan', last: 'Turing', cents: 99 });
  for (const { errors } of [older, newer, late]) expect(errors).toEqual([]);
});
