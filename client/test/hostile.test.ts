/** What an application may throw, write and name, however odd: an error with a code, and everything else goes on. */
import type { AimDbError, ContractFile, WasmDb } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import { codeOf, freshDatabases, LATEST, turn } from './support/db.js';

const database = freshDatabases();
const JSON_RECORD = { schemaType: 'json', buffer: 'SingleLatest' } as const;
const WORDLESS: unknown[] = [
  Object.create(null),
  Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error('no words');
    },
  }),
  { toString: () => ({}) },
];

/** A database with the records `a` and `b`, and the codes of its errors. */
function listened(): { db: WasmDb; codes: string[] } {
  const db = database({ a: JSON_RECORD, b: JSON_RECORD });
  const codes: string[] = [];
  db.onError((error: AimDbError) => codes.push(error.code));
  return { db, codes };
}

test.each(WORDLESS)(
  'a subscriber that throws what has no words stops nobody (%#)',
  async (thrown) => {
    const { db, codes } = listened();
    const heard: string[] = [];
    db.subscribe('b', () => {
      throw thrown;
    });
    db.subscribe('b', () => heard.push('b'));
    db.subscribe('a', () => heard.push('a'));
    db.set('b', {});
    db.set('a', {});
    await turn();
    db.subscribe('a', () => heard.push('late'));
    await turn();
    expect(heard).toEqual(['b', 'a', 'late']);
    expect(codes).toEqual(['CALLBACK_THREW']);
  },
);

test.each(WORDLESS)(
  'an async derivation that throws it goes on with the next value (%#)',
  async (thrown) => {
    const { db, codes } = listened();
    db.derive('b', 'a', async (value) => {
      if ((value as { n: number }).n === 1) throw thrown;
      return value;
    });
    for (const n of [1, 2]) {
      db.set('a', { n });
      await turn();
    }
    expect(db.get('b')).toEqual({ n: 2 });
    expect(codes).toEqual(['CALLBACK_THREW']);
  },
);

test.each(WORDLESS)(
  'a schema and a migration that throw it refuse by a code (%#)',
  async (thrown) => {
    const fail = () => {
      throw thrown;
    };
    const { db } = listened();
    const schema = { '~standard': { version: 1, vendor: 'test', validate: fail } } as const;
    db.configureRecord('s', { schema: schema as never, buffer: 'SingleLatest' });
    expect(await codeOf(() => db.set('s', {}))).toBe('SCHEMA_THREW');
    const contract: ContractFile = {
      name: 'versioned',
      version: 2,
      fields: [{ name: 'schema_version', kind: 'u32' }],
    };
    db.registerContract(contract, { migrate: { 1: { up: fail, down: fail } } });
    db.configureRecord('v', { contract, buffer: 'SingleLatest' });
    expect(await codeOf(() => db.set('v', { schema_version: 1 }))).toBe('CONTRACT_VIOLATION');
    expect(db.trySet('v', { schema_version: 1n })?.reason).toBe('migration_failed');
  },
);

test('half a character is no key: no other record is ever found by it', async () => {
  const db = database({ '\ufffd': LATEST, x: LATEST });
  expect(await codeOf(() => db.configureRecord('\ud800', LATEST))).toBe('KEY_INVALID');
  expect(db.keys()).toEqual(['\ufffd', 'x']);
  expect(await codeOf(() => db.derive('x', '\ud800', (value) => value))).toBe('OPTIONS_INVALID');
  expect(db.graph()[1]?.writers).toEqual([]);
});

test.each([
  new Map([['k', 1]]),
  { a: new Set([1]) },
  { a: Promise.resolve(1) },
  { a: new Error('x') },
  { a: new Number(4) },
  { a: new URL('http://x/') },
])('what holds no fields is not written as an object without any (%#)', async (value) => {
  const { db } = listened();
  db.set('a', { kept: true });
  expect(await codeOf(() => db.set('a', value))).toBe('NOT_DATA');
  expect(db.get('a')).toEqual({ kept: true });
});

test('a moment that is none is refused', async () => {
  const { db } = listened();
  const broken = Object.create(Date.prototype);
  expect(await codeOf(() => db.set('a', { at: broken }))).toBe('NOT_DATA');
});

test('what is no argument at all is refused by a code', async () => {
  const db = database({ a: LATEST });
  const no = Symbol() as never;
  for (const call of [
    () => db.configureRecords(null as never),
    () => db.configureRecords(5 as never),
    () => db.registerContract(null as never, { migrate: {} }),
    () =>
      db.registerContract({ name: 'm', version: 2, fields: [], migrations: 5 } as never, {
        migrate: {},
      }),
    () => db.get(no),
    () => db.set(no, {} as never),
    () => db.history('a', no),
  ]) {
    expect(await codeOf(call)).toMatch(/^(OPTIONS|CONTRACT|KEY)_INVALID$/);
  }
});

test('a getter of an argument that frees the database is told that it is free', async () => {
  const first = database();
  const contract = {
    name: 'f',
    get version() {
      first.free();
      return 1;
    },
    fields: [],
  };
  expect(await codeOf(() => first.registerContract(contract))).toBe('FREED');
  const second = database();
  const options = {
    schemaType: 'temperature',
    get buffer() {
      second.free();
      return 'SingleLatest' as const;
    },
  };
  expect(await codeOf(() => second.configureRecord('k', options))).toBe('FREED');
});
