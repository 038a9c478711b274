/** Records that a schema of Zod or Valibot judges: local writes, values of a server, and what is wrong with either. */
import { type AimDbError, ContractViolation, type StandardSchemaV1, WsBridge } from '@aimdb/wasm';
import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { codeOf, freshDatabases, thrown, turn } from './support/db.js';
import { QUICK, Room } from './support/room.js';

const database = freshDatabases();
const KEY = 'shop.order';
const TOPIC = 'shop/order';
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);

const order = z.object({
  id: z.string().min(1),
  state: z.enum(['open', 'paid']).default('open'),
  lines: z.array(z.object({ item: z.string(), count: z.number().int().min(1) })),
});
const orderOfValibot = v.object({
  id: v.pipe(v.string(), v.minLength(1)),
  state: v.optional(v.picklist(['open', 'paid']), 'open'),
  lines: v.array(
    v.object({ item: v.string(), count: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
  ),
});

/** A schema that answers as a test wants. */
const answering = (validate: (value: unknown) => unknown) =>
  ({ '~standard': { version: 1, vendor: 'test', validate } }) as unknown as StandardSchemaV1;

const kept = (value: unknown) => answering(() => ({ value }));

describe.each([
  ['zod', order],
  ['valibot', orderOfValibot],
])('a record with a schema of %s', (_name, schema) => {
  test('keeps what the schema gives, frozen', () => {
    const db = database();
    db.configureRecord(KEY, { schema, buffer: 'SingleLatest' });
    db.set(KEY, { id: 'A', lines: [{ item: 'tea', count: 2 }], more: 1 });
    const value = db.get(KEY) as { lines: unknown[] };
    expect(value).toEqual({ id: 'A', state: 'open', lines: [{ item: 'tea', count: 2 }] });
    expect(Object.isFrozen(value.lines[0])).toBe(true);
    expect(db.inspect(KEY).schemaType).toBe('json');
  });

  test('refuses with the path, what was expected and what came, and stays', async () => {
    const db = database();
    db.configureRecord(KEY, { schema, buffer: 'SingleLatest' });
    db.set(KEY, { id: 'A', lines: [] });
    for (const [lines, path, got] of [
      [[{ item: 'tea', count: 0 }], 'lines[0].count', '0'],
      [
        [
          { item: 'tea', count: 1 },
          { item: 7, count: 1 },
        ],
        'lines[1].item',
        '7',
      ],
      [[{ item: 'tea', count: 'x'.repeat(200) }], 'lines[0].count', `text "${'x'.repeat(74)}…`],
      ['none', 'lines', 'text "none"'],
      [undefined, 'lines', 'nothing'],
    ] as const) {
      const error = (await thrown(() => db.set(KEY, { id: 'B', lines }))) as ContractViolation;
      expect(error).toBeInstanceOf(ContractViolation);
      expect(error).toMatchObject({
        code: 'CONTRACT_VIOLATION',
        reason: 'schema',
        record: KEY,
        schema: 'json',
        path,
        got,
      });
      expect(error.message).toContain(`record '${KEY}': json: ${path}: `);
      expect(error.expected).not.toBe('');
      expect(error.cause).toHaveLength(1);
    }
    expect(db.trySet(KEY, 5)?.path).toBe('');
    expect(db.record(KEY).trySet({ id: '', lines: [] })?.path).toBe('id');
    expect(db.get(KEY)).toMatchObject({ id: 'A' });
  });

  test('lets through of a server what the schema takes, and tells of the rest', async () => {
    const room = new Room();
    const db = database();
    db.configureRecord(KEY, { schema, buffer: 'SingleLatest' });
    db.configureRecord('room.vienna', { schemaType: 'temperature', buffer: 'SingleLatest' });
    const bridge = WsBridge.connect(db, room.url, { ...QUICK, subscribeTopics: ['#'] });
    const errors: AimDbError[] = [];
    bridge.onError((error) => errors.push(error));
    await until(() => bridge.status() === 'connected');
    await room.publish(TOPIC, { id: 'A', lines: [], more: 1 });
    await until(() => db.get(KEY));
    expect(db.get(KEY)).toEqual({ id: 'A', state: 'open', lines: [] });
    await room.publish(TOPIC, { id: 'B', lines: [{ item: 'tea', count: 0.5 }] });
    await room.publish('room/vienna', { celsius: 1, timestamp: 1 });
    await until(() => db.get('room.vienna'));
    await turn();
    expect(errors).toMatchObject([
      {
        code: 'CONTRACT_VIOLATION',
        record: KEY,
        path: 'lines[0].count',
        reason: 'schema',
        got: '0.5',
      },
    ]);
    expect(db.get(KEY)).toMatchObject({ id: 'A' });
    expect(db.version(KEY)).toBe(1);
    await room.publish(TOPIC, { id: 'C', lines: [] });
    await until(() => db.version(KEY) === 2);
    expect(errors).toHaveLength(1);
  });

  test('is judged by the schema no more once it was removed', async () => {
    const db = database();
    db.configureRecord(KEY, { schema, buffer: 'SingleLatest' });
    db.removeRecord(KEY);
    db.configureRecord(KEY, { schemaType: 'json', buffer: 'SingleLatest' });
    db.set(KEY, { anything: [null] });
    expect(db.get(KEY)).toEqual({ anything: [null] });
  });
});

describe('what a schema does', () => {
  test('that is asynchronous is refused, here and on the way from a server', async () => {
    const room = new Room();
    const db = database();
    const later = z.object({ id: z.string().refine(async () => true) });
    db.configureRecord(KEY, {
      schema: answering((value) => later['~standard'].validate(value)),
      buffer: 'SingleLatest',
    });
    const errors: AimDbError[] = [];
    db.onError((error) => errors.push(error));
    db.configureRecord('rejecting', {
      schema: answering(() => Promise.reject(new Error('no'))),
      buffer: 'SingleLatest',
    });
    expect(db.trySet('rejecting', {})).toMatchObject({ code: 'SCHEMA_ASYNC' });
    const error = await thrown(() => db.set(KEY, { id: 'A' }));
    expect(error).toMatchObject({ code: 'SCHEMA_ASYNC', record: KEY });
    expect(error.message).toContain('must answer at once');
    WsBridge.connect(db, room.url, { ...QUICK, subscribeTopics: ['#'] });
    await room.publish(TOPIC, { id: 'A' });
    await until(() => errors.length === 1);
    expect(errors[0]).toMatchObject({ code: 'SCHEMA_ASYNC', record: KEY });
    expect(db.get(KEY)).toBeNull();
  });

  test('that throws is an error, and the record stays', async () => {
    const db = database();
    const cause = new Error('oh');
    const schema = answering(() => {
      throw cause;
    });
    db.configureRecord(KEY, { schema, buffer: 'SingleLatest' });
    const error = await thrown(() => db.set(KEY, {}));
    expect(error).toMatchObject({ code: 'SCHEMA_THREW', record: KEY, cause });
    expect(db.get(KEY)).toBeNull();
  });

  test.each([
    [
      'a date',
      { at: new Date(0) },
      'at',
      'an object of Date, which has no fields: write its content',
    ],
    [
      'a map',
      { deep: [{ x: new Map() }] },
      'deep[0].x',
      'an object of Map, which has no fields: write its content',
    ],
    ['a NaN', { deep: { x: Number.NaN } }, 'deep.x', 'NaN'],
    ['an infinity', { x: [1, Number.POSITIVE_INFINITY] }, 'x[1]', 'Infinity'],
    ['a big integer', { x: 1n }, 'x', 'a bigint, which JSON gives back as a number'],
    ['a function', { x: () => 1 }, 'x', 'a function'],
    ['a hole', { x: [1, undefined] }, 'x[1]', 'nothing'],
    ['nothing', undefined, '', 'nothing'],
  ])('that gives %s is refused with its place', async (_name, output, path, got) => {
    const db = database();
    db.configureRecord(KEY, { schema: kept(output), buffer: 'SingleLatest' });
    const error = await thrown(() => db.set(KEY, {}));
    expect(error).toMatchObject({ code: 'CONTRACT_VIOLATION', reason: 'schema', path, got });
  });

  test('that gives what is no object is refused by the contract', async () => {
    const db = database();
    db.configureRecord(KEY, { schema: kept([1]), buffer: 'SingleLatest' });
    const error = await thrown(() => db.set(KEY, {}));
    expect(error).toMatchObject({ code: 'CONTRACT_VIOLATION', reason: 'kind', path: '' });
    expect((error as ContractViolation).expected).toContain('a JSON object');
  });

  test('may end the database or the bridge while a value of a server is judged', async () => {
    const room = new Room();
    const db = database();
    let bridge: WsBridge;
    let looks = 0;
    const schema = answering((value) => {
      looks += 1;
      bridge.disconnect();
      db.free();
      return { value };
    });
    db.configureRecord(KEY, { schema, buffer: 'SingleLatest' });
    bridge = WsBridge.connect(db, room.url, { ...QUICK, subscribeTopics: ['#'] });
    await room.publish(TOPIC, { id: 'A' });
    await until(() => looks === 1);
    expect(() => db.get(KEY)).toThrow(/freed/);
  });

  test('may write other records', async () => {
    const room = new Room();
    const db = database();
    db.configureRecord('seen', { schemaType: 'json', buffer: 'SingleLatest' });
    const schema = answering((value) => {
      db.set('seen', value);
      return { value };
    });
    db.configureRecord(KEY, { schema, buffer: 'SingleLatest' });
    WsBridge.connect(db, room.url, { ...QUICK, subscribeTopics: ['#'] });
    await room.publish(TOPIC, { id: 'A' });
    await until(() => db.get(KEY));
    expect(db.get('seen')).toEqual({ id: 'A' });
  });
});

test('what cannot be a schema is refused where the record is configured', async () => {
  const db = database();
  const bad = async (options: object, words: RegExp) => {
    const error = await thrown(() =>
      db.configureRecord(KEY, { buffer: 'Mailbox', ...options } as never),
    );
    expect(error.code).toBe('OPTIONS_INVALID');
    expect(error.message).toMatch(words);
  };
  await bad({ schema: order, schemaType: 'json' }, /exclude/);
  await bad({ schema: order, contract: { name: 'a', version: 1, fields: [] } }, /exclude/);
  await bad({ schema: order, unknownFields: 'refuse' }, /exclude/);
  for (const schema of [
    null,
    5,
    {},
    { '~standard': { version: 2, validate: () => ({}) } },
    { '~standard': null },
  ]) {
    await bad({ schema }, /Standard Schema/);
  }
  await bad({ schemaType: 'json', unknownFields: 'refuse' }, /keeps every field/);
  expect(db.has(KEY)).toBe(false);
});

test('a contract that keeps every field is registered as its own description says', () => {
  const db = database();
  const file = { ...db.schema('json'), name: 'note' } as Parameters<typeof db.registerContract>[0];
  expect(file).toMatchObject({ unknownFields: 'keep', fields: [] });
  db.registerContract(file);
  for (const schemaType of ['json', 'note']) {
    db.configureRecord(schemaType, { schemaType, buffer: { type: 'SpmcRing', capacity: 3 } });
    for (const value of [{}, { '': { a: [1, 'x', null] } }, { schema_version: 7, b: true }]) {
      db.set(schemaType, value);
      expect(db.get(schemaType)).toEqual(value);
    }
    expect(db.history(schemaType)).toHaveLength(3);
    expect(db.trySet(schemaType, [])).toMatchObject({ code: 'CONTRACT_VIOLATION', path: '' });
    expect(db.trySet(schemaType, { x: 'a'.repeat(65536) })).toMatchObject({ reason: 'too_long' });
  }
});

test('another schema takes the place of the first, and what the record has stays', async () => {
  const db = database();
  db.configureRecord(KEY, { schema: kept({ by: 'first' }), buffer: 'SingleLatest' });
  db.configureRecord('plain', { schemaType: 'temperature', buffer: 'SingleLatest' });
  db.set(KEY, 1);
  let told = 0;
  db.record(KEY).onChange(() => {
    told += 1;
  });
  db.replaceSchema(KEY, kept({ by: 'second' }));
  expect(db.get(KEY)).toEqual({ by: 'first' });
  db.set(KEY, 1);
  expect(db.get(KEY)).toEqual({ by: 'second' });
  expect(told).toBe(0);
  expect(await codeOf(() => db.replaceSchema('plain', kept(1)))).toBe('OPTIONS_INVALID');
  expect(await codeOf(() => db.replaceSchema(KEY, {} as never))).toBe('OPTIONS_INVALID');
  expect(await codeOf(() => db.replaceSchema('none', kept(1)))).toBe('UNKNOWN_RECORD');
});
