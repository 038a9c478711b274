/** Steps between versions that are functions: local values, values of a server of an older version, writes to it. */
import {
  type AimDbError,
  type ContractFile,
  type ContractOptions,
  type WasmDb,
  WsBridge,
} from '@aimdb/wasm';
import { describe, expect, test, vi } from 'vitest';
import { freshDatabases, thrown } from './support/db.js';
import { QUICK, Room } from './support/room.js';

const database = freshDatabases();
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);
const KEY = 'shop.order';
const TOPIC = 'shop/order';

/** Version 1 has a name, 2 a first and a last name by function, 3 calls the sum a total, 4 counts cents by function. */
const order = (isTold: boolean): ContractFile => ({
  name: 'order',
  version: 4,
  fields: [
    ...(isTold ? [{ name: 'schema_version', kind: 'u32', default: 4 } as const] : []),
    { name: 'first', kind: 'text' },
    { name: 'last', kind: 'text', maxLength: 10 },
    { name: 'cents', kind: 'u32' },
  ],
  migrations: [
    { from: 2, up: [{ rename: ['sum', 'total'] }], down: [{ rename: ['total', 'sum'] }] },
  ],
});

const migrate: NonNullable<ContractOptions['migrate']> = {
  1: {
    up({ name, ...rest }) {
      const [first, last] = name.split(' ');
      return { ...rest, first, last };
    },
    down: ({ first, last, ...rest }) => ({ ...rest, name: `${first} ${last}` }),
  },
  3: {
    up({ total, ...rest }) {
      if (total === 666) throw new Error('no such total');
      return { ...rest, cents: total * 100 };
    },
    down({ cents, ...rest }) {
      if (cents === 13) throw new Error('no such number of cents');
      return { ...rest, total: cents === 14 ? Number.NaN : cents / 100 };
    },
  },
};

function orders(isTold: boolean, options: ContractOptions = { migrate }): WasmDb {
  const db = database();
  const contract = order(isTold);
  db.registerContract(contract, options);
  db.configureRecord(KEY, { contract, buffer: 'SingleLatest' });
  return db;
}

/** The payloads of the writes that a room heard. */
const written = async (room: Room) =>
  (await room.heard())
    .map((text) => JSON.parse(text))
    .filter(({ type }) => type === 'write')
    .map(({ payload }) => payload);

describe('steps that are registered after records of their contract', () => {
  // What is registered first has no steps: the engine knows of none of these.
  const { migrations: _, ...bare } = order(true);
  const old = (n: number) => ({ schema_version: 1, name: `Ada ${n}`, sum: n });

  test('are taken for local values of those records from then on', async () => {
    const db = database();
    const contract = order(true);
    db.configureRecord(KEY, { contract: bare, buffer: 'SingleLatest' });
    db.configureRecord('other', { schemaType: 'temperature', buffer: 'SingleLatest' });
    expect(db.trySet(KEY, old(1))?.reason).toBe('version_too_old');
    db.registerContract(contract, { migrate });
    expect(db.trySet(KEY, old(2))).toBeNull();
    expect(db.get(KEY)).toMatchObject({ schema_version: 4, last: '2', cents: 200 });
    db.set('other', { celsius: 1, timestamp: 1 });
    // Others in their place: those of the last registration are taken.
    const third = {
      ...migrate[3],
      up: ({ total, ...rest }: { total: number }) => ({ ...rest, cents: total }),
    };
    db.registerContract(contract, { migrate: { ...migrate, 3: third } as typeof migrate });
    expect(db.trySet(KEY, old(3))).toBeNull();
    expect(db.get(KEY)).toMatchObject({ cents: 3 });
  });

  test('are taken for values of a server', async () => {
    const room = new Room();
    const db = database();
    const contract = order(true);
    db.configureRecord(KEY, { contract: bare, buffer: 'SingleLatest' });
    const bridge = WsBridge.connect(db, room.url, { ...QUICK, subscribeTopics: ['#'] });
    await until(() => bridge.status() === 'connected');
    db.registerContract(contract, { migrate });
    await room.publish(TOPIC, old(5));
    await until(() => db.get(KEY));
    expect(db.get(KEY)).toMatchObject({ last: '5', cents: 500 });
  });

  test('are gone with the records that had them', () => {
    const db = database();
    const contract = order(true);
    db.configureRecord(KEY, { contract: bare, buffer: 'SingleLatest' });
    db.registerContract(contract, { migrate });
    db.removeRecord(KEY);
    db.configureRecord(KEY, { contract: bare, buffer: 'SingleLatest' });
    expect(db.trySet(KEY, old(1))).toBeNull();
  });
});

describe('a local value', () => {
  test.each([
    [{ schema_version: 1, name: 'Ada Byron', sum: 2 }, 200],
    [{ schema_version: 2, first: 'Ada', last: 'Byron', sum: 3 }, 300],
    [{ schema_version: 3, first: 'Ada', last: 'Byron', total: 4 }, 400],
    [{ schema_version: 4, first: 'Ada', last: 'Byron', cents: 5 }, 5],
    [{ first: 'Ada', last: 'Byron', cents: 6 }, 6],
  ])('of %j becomes one of this version', (value, cents) => {
    const db = orders(true);
    const before = structuredClone(value);
    db.set(KEY, value);
    expect(db.get(KEY)).toEqual({ schema_version: 4, first: 'Ada', last: 'Byron', cents });
    expect(value).toEqual(before);
  });

  test('that does not become one is refused with the version and the cause', async () => {
    const db = orders(true);
    const failed = async (value: object, from: number, words: string) => {
      const error = await thrown(() => db.set(KEY, value));
      expect(error).toMatchObject({
        code: 'CONTRACT_VIOLATION',
        reason: 'migration_failed',
        record: KEY,
        schema: 'order',
        expected: 'a value that becomes one of version 4',
      });
      expect(error.message).toContain(words);
      expect(error.message).toContain(`from version ${from}`);
      return error;
    };
    const last = await failed(
      { schema_version: 3, first: 'A', last: 'B', total: 666 },
      3,
      'no such total',
    );
    expect(last.cause).toMatchObject({ message: 'no such total' });
    await failed({ schema_version: 1, name: 5 }, 1, 'split');
    const late = await failed(
      { schema_version: 1, name: 'Ada Byron-Lovelace', sum: 1 },
      1,
      'at most 10',
    );
    expect(late.path).toBe('last');
    expect((late.cause as AimDbError).reason).toBe('too_long');
    for (const [schema_version, reason] of [
      [5, 'version_too_new'],
      [0, 'version_invalid'],
      [1.5, 'version_invalid'],
    ] as const) {
      expect(db.trySet(KEY, { schema_version })).toMatchObject({ reason, path: 'schema_version' });
    }
    expect(db.get(KEY)).toBeNull();
  });

  test('of a version before the oldest is too old', () => {
    const db = orders(true, { migrate: { 3: migrate[3] as never } });
    expect(db.trySet(KEY, { schema_version: 1, name: 'Ada Byron' })).toMatchObject({
      reason: 'version_too_old',
      expected: 'version 2 to 4',
      got: 'version 1',
    });
    db.set(KEY, { schema_version: 2, first: 'Ada', last: 'Byron', sum: 3 });
    expect(db.get(KEY)).toMatchObject({ cents: 300 });
  });

  test.each([
    ['nothing', () => undefined],
    ['a list', () => []],
    ['a promise', async () => ({ first: 'A', last: 'B', cents: 1 })],
  ])('is refused where a function gives %s', async (_name, up) => {
    const down = (value: object) => value;
    const db = orders(true, { migrate: { 3: { up: up as () => object, down } } });
    const error = await thrown(() => db.set(KEY, { schema_version: 3 }));
    expect(error).toMatchObject({ reason: 'migration_failed' });
    expect(error.message).toContain('no object, at the step from version 3');
  });

  test('is copied for a function, and what it gives is copied', () => {
    let kept: Record<string, unknown> = {};
    const up = (value: Record<string, unknown>) => {
      value.cents = 7;
      kept = value;
      return value;
    };
    const db = orders(true, { migrate: { 3: { up, down: (value) => value } } });
    const given = { schema_version: 3, first: 'A', last: 'B' };
    db.set(KEY, given);
    kept.cents = 8;
    expect(given).not.toHaveProperty('cents');
    expect(db.get(KEY)).toMatchObject({ cents: 7 });
  });

  test('may end the database or its record from within a function', async () => {
    let db = database();
    for (const [end, code] of [
      [() => db.removeRecord(KEY), 'RECORD_REMOVED'],
      [() => db.free(), 'FREED'],
    ] as const) {
      const up = (value: object) => {
        end();
        return value;
      };
      db = orders(true, { migrate: { 3: { up, down: (value) => value } } });
      expect((await thrown(() => db.set(KEY, { schema_version: 3 }))).code).toBe(code);
    }
  });
});

describe.each([true, false])(
  'a server that holds an older version (values say theirs: %s)',
  (isTold) => {
    async function meets(version: number, db: WasmDb) {
      const room = new Room();
      const bridge = WsBridge.connect(db, room.url, { ...QUICK, subscribeTopics: ['#'] });
      const errors: AimDbError[] = [];
      bridge.onError((error) => errors.push(error));
      await until(() => bridge.status() === 'connected');
      const contracts = [{ name: 'order', version, fingerprint: '0000000000000000' }];
      await room.send(
        JSON.stringify({ type: 'pong', hello: { v: 1, server: 'aimdb', contracts } }),
      );
      await bridge.listTopics();
      errors.length = 0;
      return { room, errors, bridge };
    }
    const said = (schema_version: number) => (isTold ? { schema_version } : {});

    test('is understood, and gets values of its own version', async () => {
      const db = orders(isTold);
      const { room, errors } = await meets(1, db);
      await room.publish(TOPIC, { name: 'Ada Byron', sum: 2 });
      await until(() => db.get(KEY));
      expect(db.get(KEY)).toEqual({ ...said(4), first: 'Ada', last: 'Byron', cents: 200 });
      db.set(KEY, { first: 'Al', last: 'Turing', cents: 350 });
      expect(db.get(KEY)).toMatchObject({ cents: 350 });
      await until(() => errors.length > 0 || db.version(KEY) === 2);
      await vi.waitFor(async () => expect(await written(room)).toHaveLength(1));
      expect(await written(room)).toEqual([{ ...said(1), name: 'Al Turing', sum: 3.5 }]);
      expect(errors).toEqual([]);
    });

    test('is understood where only the data of the file is between', async () => {
      const db = orders(isTold);
      const { room } = await meets(3, db);
      await room.publish(TOPIC, { first: 'Ada', last: 'Byron', total: 1 });
      await until(() => db.get(KEY));
      expect(db.get(KEY)).toMatchObject({ cents: 100 });
      db.set(KEY, { first: 'Ada', last: 'Byron', cents: 200 });
      await vi.waitFor(async () => expect(await written(room)).toHaveLength(1));
      expect(await written(room)).toEqual([{ ...said(3), first: 'Ada', last: 'Byron', total: 2 }]);
    });

    test('hears nothing of a value that does not become one of its version', async () => {
      const db = orders(isTold);
      const { room } = await meets(1, db);
      for (const [cents, words] of [
        [13, 'no such number of cents'],
        [14, 'NaN'],
      ] as const) {
        const error = await thrown(() => db.set(KEY, { first: 'A', last: 'B', cents }));
        expect(error).toMatchObject({ reason: 'migration_failed', record: KEY });
        expect(error.message).toContain(words);
      }
      expect(db.get(KEY)).toBeNull();
      expect(db.trySet(KEY, { first: 'A' })).toMatchObject({ reason: 'missing', path: 'last' });
      expect(await written(room)).toEqual([]);
    });

    test('is told of where its value does not become one of this version', async () => {
      const db = orders(isTold);
      const { room, errors } = await meets(3, db);
      await room.publish(TOPIC, { first: 'A', last: 'B', total: 666 });
      await until(() => errors.length === 1);
      expect(errors[0]).toMatchObject({ reason: 'migration_failed', record: KEY });
      await room.publish(TOPIC, { first: 'A', last: 'far too long a name', total: 1 });
      await until(() => errors.length === 2);
      expect(errors[1]).toMatchObject({ reason: 'migration_failed', path: 'last' });
      expect(db.get(KEY)).toBeNull();
    });
  },
);

test('a contract does not tell others of steps that it cannot give them', () => {
  const db = orders(true);
  expect(db.schema('order')).not.toHaveProperty('migrations');
  const other = database();
  other.registerContract(order(false), {
    migrate: { 1: migrate[1] as never, 3: migrate[3] as never },
  });
  const later = database();
  const data = [{ from: 3, up: [{ drop: 'total' }], down: [] }];
  later.registerContract(
    { ...order(true), migrations: data },
    { migrate: { 2: migrate[1] as never } },
  );
  expect(later.schema('order')).toMatchObject({ migrations: data });
});

test('steps that are no chain, or no steps, are refused where the contract is registered', async () => {
  const db = database();
  const steps = migrate[1] as never;
  const bad = async (options: object, code: string, words: RegExp, contract = order(true)) => {
    const error = await thrown(() => db.registerContract(contract, options as never));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
  };
  await bad({ migrate: { 1: steps } }, 'CONTRACT_INVALID', /without a hole/);
  await bad({ migrate: { 2: steps, 3: steps } }, 'OPTIONS_INVALID', /from version 2 there are/);
  await bad({ migrate: { 4: steps } }, 'OPTIONS_INVALID', /'4'\] leads from no older version/);
  await bad({ migrate: { 0: steps } }, 'OPTIONS_INVALID', /'0'/);
  await bad({ migrate: { x: steps } }, 'OPTIONS_INVALID', /'x'/);
  await bad({ migrate: { 3: { up: () => ({}) } } }, 'OPTIONS_INVALID', /two functions/);
  await bad({ migrate: { 3: { ...migrate[3], more: 1 } } }, 'OPTIONS_INVALID', /two functions/);
  await bad({ migrate: [] }, 'OPTIONS_INVALID', /an object/);
  await bad({ migrations: {} }, 'OPTIONS_INVALID', /no option 'migrations'/);
  const broken = {
    ...order(true),
    migrations: [{ from: 2, up: [{ rename: ['a', 'a'] }], down: [] }],
  };
  await bad(
    { migrate: { 3: steps } },
    'CONTRACT_INVALID',
    /the same twice/,
    broken as unknown as ContractFile,
  );
  expect(db.schema('order')).toBeNull();
  db.registerContract({ ...order(true), migrations: [] }, {});
  expect(db.knownSchemas()).toContain('order');
});
