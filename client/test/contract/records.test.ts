/** `defineContract`, `defineRecords` and `configureRecords` at run time: what is registered, in which order, and what is refused. */
import {
  type ContractFile,
  defineContract,
  defineRecords,
  type RecordDefinitions,
  WasmDb,
} from '@aimdb/wasm';
import { expect, test, vi } from 'vitest';
import { freshDatabases, LATEST, thrown, warm } from '../support/db.js';

const database = freshDatabases();

const room = defineContract({
  name: 'room',
  version: 2,
  fields: [{ name: 'celsius', kind: 'f64' }],
});
const air = { ...room, name: 'air' } as const;

/** A database, and what it was told in order. */
function watched(): { db: WasmDb; calls: string[] } {
  const db = database();
  const calls: string[] = [];
  vi.spyOn(db, 'registerContract').mockImplementation((contract, options) => {
    calls.push(`register ${contract.name}`);
    WasmDb.prototype.registerContract.call(db, contract, options);
  });
  vi.spyOn(db, 'configureRecord').mockImplementation((key, options) => {
    calls.push(`configure ${key}`);
    WasmDb.prototype.configureRecord.call(db, key, options);
  });
  return { db, calls };
}

test('definitions come back as they were, and frozen', () => {
  const file: ContractFile = { name: 'a', version: 1, fields: [] };
  expect(defineContract(file)).toBe(file);
  const given = { a: { schemaType: 'temperature', buffer: 'SingleLatest' } } as const;
  const records = defineRecords(given);
  expect(records).toBe(given);
  expect(Object.isFrozen(records) && Object.isFrozen(records.a)).toBe(true);
});

test('contracts are registered once and before any record, and the database comes back', () => {
  const { db, calls } = watched();
  const records = defineRecords({
    named: { schemaType: 'temperature', buffer: 'SingleLatest' },
    first: { contract: room, buffer: 'SingleLatest' },
    second: { contract: room, buffer: { type: 'SpmcRing', capacity: 4 } },
    third: { contract: air, buffer: 'Mailbox' },
  });
  const typed = db.configureRecords(records);
  expect(typed).toBe(db);
  expect(calls).toEqual([
    'register room',
    'register air',
    'configure named',
    'configure first',
    'configure second',
    'configure third',
  ]);
  expect(db.keys()).toEqual(['named', 'first', 'second', 'third']);
  expect(db.inspect('third').schemaType).toBe('air');
  db.set('second', warm(3));
  expect(typed.get('second')?.celsius).toBe(3);
});

test('a record brings its contract', () => {
  const { db, calls } = watched();
  db.configureRecord('a', { contract: room, buffer: 'SingleLatest' });
  db.configureRecord('b', { contract: room, buffer: 'SingleLatest', topic: 'somewhere/else' });
  expect(calls).toEqual(['configure a', 'register room', 'configure b']);
  expect(db.inspect('b').schemaType).toBe('room');
});

test('another database is told again', () => {
  for (const { db, calls } of [watched(), watched()]) {
    db.configureRecords({ a: { contract: room, buffer: 'SingleLatest' } });
    expect(calls).toEqual(['register room', 'configure a']);
  }
});

test('a contract that is refused leaves no record, and is tried again', async () => {
  const { db, calls } = watched();
  const records = { a: { contract: room, buffer: 'SingleLatest' } } as const;
  vi.mocked(db.registerContract).mockImplementationOnce(() => {
    throw new Error('refused');
  });
  expect(() => db.configureRecords(records)).toThrow('refused');
  expect(db.keys()).toEqual([]);
  db.configureRecords(records);
  expect(calls).toEqual(['register room', 'configure a']);
});

const wrong: [string, unknown, RegExp][] = [
  ['a contract and a name', { ...LATEST, contract: room }, /exclude/],
  ['neither', { buffer: 'SingleLatest' }, /schemaType/],
  ['a name for a file', { contract: 'temperature', buffer: 'SingleLatest' }, /contract file/],
  ['a file without a name', { contract: { fields: [] }, buffer: 'SingleLatest' }, /contract file/],
  ['null for a file', { contract: null, buffer: 'SingleLatest' }, /contract file/],
  ['a misspelt option', { contract: room, buffer: 'SingleLatest', ofline: 'queue' }, /ofline/],
  ['no object', 5, /object/],
];
test.each(wrong)('%s: refused by name before anything is done', async (_, definition, words) => {
  const { db, calls } = watched();
  const records = { good: { contract: room, buffer: 'Mailbox' }, bad: definition };
  const error = await thrown(() => db.configureRecords(records as RecordDefinitions));
  expect(error).toMatchObject({ code: 'OPTIONS_INVALID', record: 'bad' });
  expect(error.message).toMatch(words);
  expect(calls).toEqual([]);
});

test('what no engine takes for a contract is an error with a code', async () => {
  const circle: { fields: unknown[] } = { fields: [] };
  circle.fields.push(circle);
  const error = await thrown(() => database().registerContract(circle as unknown as ContractFile));
  expect(error.code).toBe('TOO_DEEP');
});

test('a date is written as its milliseconds, and an invalid one is refused', async () => {
  const db = database({ a: LATEST });
  db.set('a', { celsius: 1, timestamp: new Date(1_700_000_000_000) });
  expect((db.get('a') as { timestamp: number }).timestamp).toBe(1_700_000_000_000);
  const error = await thrown(() => db.set('a', { celsius: 1, timestamp: new Date(Number.NaN) }));
  expect(error).toMatchObject({ code: 'CONTRACT_VIOLATION', path: 'timestamp' });
});

test('a freed database says so', async () => {
  const db = database();
  db.free();
  expect((await thrown(() => db.registerContract(room))).code).toBe('FREED');
  expect((await thrown(() => db.configureRecords({ a: LATEST }))).code).toBe('FREED');
});
