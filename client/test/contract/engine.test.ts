/** Contracts of an application's own, in the real engine: every kind, every way in, and what is refused. */
import {
  type ContractFile,
  type ContractViolation,
  defineContract,
  type WasmDb,
} from '@aimdb/wasm';
import { describe, expect, test } from 'vitest';
import { codeOf, freshDatabases, thrown, turn } from '../support/db.js';

const database = freshDatabases();

const order = defineContract({
  name: 'order',
  version: 3,
  doc: 'What a customer wants.',
  signal: 'total',
  fields: [
    { name: 'id', kind: 'text', minLength: 1, maxLength: 64, pattern: '^[A-Z0-9-]+$' },
    { name: 'state', kind: { enum: ['open', 'paid', 'sent'] }, default: 'open' },
    { name: 'total', kind: 'f64', min: 0, unit: 'EUR' },
    { name: 'placed', kind: 'time' },
    { name: 'lines', kind: { list: { contract: 'order_line' } }, minItems: 1, maxItems: 500 },
    { name: 'notes', kind: { map: { kind: 'text', maxLength: 20 } }, optional: true },
  ],
  contracts: [
    {
      name: 'order_line',
      version: 1,
      fields: [
        { name: 'article', kind: 'text' },
        { name: 'count', kind: 'u32', min: 1 },
      ],
    },
  ],
});

const GOOD = {
  id: 'A-1',
  total: 12.5,
  placed: 1_700_000_000_000,
  lines: [{ article: 'tea', count: 2 }],
};

/** A database with a record `r` of a contract with one field `v`. */
function holding(kind: unknown, rules: object = {}): WasmDb {
  const db = database();
  const file = { name: 'one', version: 1, fields: [{ name: 'v', kind, ...rules }] };
  db.registerContract(file as ContractFile);
  db.configureRecord('r', { schemaType: 'one', buffer: 'SingleLatest' });
  return db;
}

/** What a value becomes, or the reason and the path of its refusal. */
function given(db: WasmDb, v: unknown): unknown {
  try {
    db.set('r', { v });
    return (db.get('r') as { v: unknown }).v;
  } catch (error) {
    const { reason, path } = error as ContractViolation;
    return `${reason} at ${path}`;
  }
}

describe('an order with lines', () => {
  const orders = () => {
    const db = database();
    db.registerContract(order);
    db.configureRecord('o', { schemaType: 'order', buffer: { type: 'SpmcRing', capacity: 4 } });
    return db;
  };

  test('goes in, is completed, and comes back frozen all the way down', async () => {
    const db = orders();
    const heard: unknown[] = [];
    db.subscribe('o', (value) => heard.push(value));
    db.set('o', { ...GOOD, notes: { gift: 'yes' } });
    await turn();
    const value = { ...GOOD, state: 'open', notes: { gift: 'yes' } };
    expect(heard).toEqual([value]);
    expect(db.get('o')).toBe(heard[0]);
    expect(Object.isFrozen((heard[0] as typeof GOOD).lines[0])).toBe(true);
    expect(db.history('o')).toEqual([value]);
  });

  test.each([
    ['lines[0].count', 'range', { ...GOOD, lines: [{ article: 'tea', count: 0 }] }],
    ['lines[1].article', 'missing', { ...GOOD, lines: [GOOD.lines[0], { count: 1 }] }],
    ['lines', 'too_short', { ...GOOD, lines: [] }],
    ['id', 'pattern', { ...GOOD, id: 'a1' }],
    ['id', 'too_short', { ...GOOD, id: '' }],
    ['state', 'choice', { ...GOOD, state: 'lost' }],
    ['total', 'range', { ...GOOD, total: -1 }],
    ['total', 'not_finite', { ...GOOD, total: Number.NaN }],
    ['placed', 'kind', { ...GOOD, placed: 'now' }],
    ['placed', 'not_finite', { ...GOOD, placed: new Date('never') }],
    ['notes.long', 'too_long', { ...GOOD, notes: { long: 'x'.repeat(21) } }],
  ])('a bad %s is refused as %s', async (path, reason, value) => {
    const error = (await thrown(() => orders().set('o', value))) as ContractViolation;
    expect(error).toMatchObject({
      code: 'CONTRACT_VIOLATION',
      record: 'o',
      schema: 'order',
      path,
      reason,
    });
    expect(error.message).toContain(path);
  });
});

describe('kinds', () => {
  test('bytes take a typed array or base64, and are read as base64', () => {
    const db = holding('bytes', { maxLength: 3 });
    expect(given(db, new Uint8Array([1, 2, 255]))).toBe('AQL/');
    expect(given(db, 'AQL/')).toBe('AQL/');
    expect(given(db, new Uint8Array(4))).toBe('too_long at v');
    expect(given(db, '*')).toBe('format at v');
    expect(given(db, [256])).toBe('range at v[0]');
  });

  test('times take dates', () => {
    const db = holding('time');
    expect(given(db, new Date(5))).toBe(5);
    expect(given(db, -5)).toBe(-5);
    expect(given(db, 8.64e15 + 1)).toBe('range at v');
  });

  test('tuples have each their kinds', () => {
    const db = holding({ tuple: ['text', { kind: 'u8', max: 5 }] });
    expect(given(db, ['a', 5])).toEqual(['a', 5]);
    expect(given(db, ['a', 6])).toBe('range at v[1]');
    expect(given(db, ['a'])).toBe('too_short at v');
    expect(given(db, ['a', 1, 1])).toBe('too_long at v');
  });

  test('null is one thing and absent another', () => {
    const db = holding({ nullable: 'u8' }, { optional: true });
    expect(given(db, null)).toBe(null);
    expect(given(db, undefined)).toBe(undefined);
    expect(given(holding('u8', { optional: true }), null)).toBe(undefined);
    expect(given(holding('u8'), null)).toBe('kind at v');
  });

  test('any JSON is kept as it is', () => {
    const db = holding('json');
    for (const value of [null, 1.5, 'x', [1, [2]], { a: { b: [true] }, c: '' }]) {
      expect(given(db, value)).toEqual(value);
    }
    expect(given(db, [Number.NaN])).toBe('not_finite at v[0]');
    expect(given(db, 'x'.repeat(70_000))).toBe('too_long at v');
  });

  test('unions are told apart by their tag, wherever it stands', () => {
    const db = holding({
      oneOf: {
        tag: 'type',
        cases: {
          circle: { fields: [{ name: 'radius', kind: 'f64', min: 0 }] },
          point: { fields: [] },
        },
      },
    });
    expect(given(db, { radius: 1, type: 'circle' })).toEqual({ type: 'circle', radius: 1 });
    expect(given(db, { type: 'point', more: 1 })).toEqual({ type: 'point' });
    expect(given(db, { type: 'circle', radius: -1 })).toBe('range at v.radius');
    expect(given(db, { type: 'square' })).toBe('choice at v');
    expect(given(db, { radius: 1 })).toBe('missing at v');
  });

  test('maps take any names', () => {
    const db = holding({ map: 'u8' }, { maxProperties: 2 });
    const hostile = JSON.parse('{"__proto__":1,"constructor":2}');
    expect(JSON.stringify(given(db, hostile))).toBe('{"__proto__":1,"constructor":2}');
    expect(given(db, { a: 1, b: 2, c: 3 })).toBe('too_long at v');
    expect(given(db, { ['k'.repeat(300)]: 1 })).toMatch(/^too_long at v\.k/);
  });

  test('repetitions, steps and formats', () => {
    expect(
      given(holding({ list: 'json' }, { uniqueItems: true }), [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ]),
    ).toBe('not_unique at v[1]');
    const step = holding('f64', { multipleOf: 0.1 });
    expect(given(step, 0.3)).toBe(0.3);
    expect(given(step, 0.35)).toBe('multiple at v');
    const uuid = holding('text', { format: 'uuid' });
    expect(given(uuid, '6ba7b810-9dad-11d1-80b4-00c04fd430c8')).toHaveLength(36);
    expect(given(uuid, '6ba7')).toBe('format at v');
  });

  test('a contract may nest in itself, to a depth', () => {
    const db = database();
    const file: ContractFile = {
      name: 'tree',
      version: 1,
      fields: [{ name: 'leaves', kind: { list: { contract: 'tree' } } }],
    };
    db.registerContract(file);
    db.configureRecord('t', { schemaType: 'tree', buffer: 'SingleLatest' });
    const nested = (depth: number): unknown => ({ leaves: depth === 0 ? [] : [nested(depth - 1)] });
    db.set('t', nested(14));
    expect(db.get('t')).toEqual(nested(14));
    expect(() => db.set('t', nested(20))).toThrow(/nested at most 32 deep/);
  });
});

describe('registering', () => {
  test('a contract is known from then on, and is its own file', () => {
    const db = database();
    db.registerContract(order);
    expect(db.knownSchemas()).toContain('order');
    const file = db.schema('order') as unknown as ContractFile;
    expect(file).toMatchObject(order);
    const other = database();
    other.registerContract(file);
    expect(other.schema('order')).toEqual(file);
  });

  test('the same contract may come again, another of its name may not', async () => {
    const db = database();
    db.registerContract(order);
    db.registerContract({ ...order, doc: 'In other words.' });
    const other = { ...order, fields: order.fields.slice(1) } as unknown as ContractFile;
    expect(await codeOf(() => db.registerContract(other))).toBe('SCHEMA_NAME_TAKEN');
    const builtIn: ContractFile = { name: 'temperature', version: 2, fields: [] };
    expect(await codeOf(() => db.registerContract(builtIn))).toBe('SCHEMA_NAME_TAKEN');
  });

  test('every built-in is its own file', () => {
    const db = database();
    for (const name of db.knownSchemas()) {
      db.registerContract(db.schema(name) as unknown as ContractFile);
    }
  });

  test.each([
    ['/fields/0/pattern', { pattern: '(' }],
    ['/fields/0/maxLength', { minLength: 3, maxLength: 2 }],
    ['/fields/0/default', { default: 'long', maxLength: 2 }],
    ['/fields/0/min', { min: 1 }],
    ['/fields/0/knd', { knd: 'text' }],
  ])('a bad file is refused with the place %s', async (path, rules) => {
    const file = { name: 'bad', version: 1, fields: [{ name: 'v', kind: 'text', ...rules }] };
    const error = await thrown(() => database().registerContract(file as ContractFile));
    expect(error).toMatchObject({ code: 'CONTRACT_INVALID', path });
    expect(error.message).toContain(path);
  });

  test('what is no file at all is refused', async () => {
    for (const file of [undefined, null, 1, 'order', [], { name: 'x' }, () => {}]) {
      expect(await codeOf(() => database().registerContract(file as never))).toBe(
        'CONTRACT_INVALID',
      );
    }
  });
});

describe('older versions', () => {
  const file: ContractFile = {
    name: 'reading',
    version: 3,
    fields: [
      { name: 'schema_version', kind: 'u32', default: 3 },
      { name: 'celsius', kind: 'f64' },
      { name: 'place', kind: 'text' },
    ],
    migrations: [
      {
        from: 1,
        up: [
          {
            when: {
              field: 'unit',
              is: 'F',
              steps: [{ scale: { field: 'temp', factor: 0.5, offset: -16 } }],
            },
          },
          { drop: 'unit' },
          { rename: ['temp', 'celsius'] },
        ],
        down: [{ rename: ['celsius', 'temp'] }, { add: { field: 'unit', value: 'C' } }],
      },
      { from: 2, up: [{ add: { field: 'place', value: 'unknown' } }], down: [{ drop: 'place' }] },
    ],
  };

  test('become the version that is known here', () => {
    const db = database();
    db.registerContract(file);
    db.configureRecord('r', { schemaType: 'reading', buffer: 'SingleLatest' });
    db.set('r', { schema_version: 1, temp: 72, unit: 'F' });
    expect(db.get('r')).toEqual({ schema_version: 3, celsius: 20, place: 'unknown' });
    db.set('r', { schema_version: 2, celsius: 5 });
    expect(db.get('r')).toEqual({ schema_version: 3, celsius: 5, place: 'unknown' });
  });

  test('that are none are refused', async () => {
    const db = database();
    db.registerContract(file);
    db.configureRecord('r', { schemaType: 'reading', buffer: 'SingleLatest' });
    const refused = async (value: object) =>
      ((await thrown(() => db.set('r', value))) as ContractViolation).reason;
    const value = { celsius: 5, place: 'x' };
    expect(await refused({ schema_version: 999, ...value })).toBe('version_too_new');
    expect(await refused({ schema_version: 0, ...value })).toBe('version_invalid');
    expect(await refused({ schema_version: 1.5, ...value })).toBe('version_invalid');
    expect(await refused({ schema_version: 1, temp: 'warm', unit: 'F' })).toBe('migration_failed');
  });
});
