/** Records of a real database at paths of a store. */
import initDatabase, { ContractViolation, WasmDb } from '@aimdb/wasm';
import { bindPath, bindRecord } from '@aimdb/wasm/store';
import { beforeAll, expect, test } from 'vitest';
import { heard, onChanges, overEveryEngine, turn } from './support/stores.js';

const ROOM = { schemaType: 'temperature', buffer: 'SingleLatest' } as const;
const KEY = 'sensors.temperature.vienna';
const warm = (celsius: number) => ({ schema_version: 2, celsius, timestamp: 1 });

beforeAll(() => initDatabase());

function database(): WasmDb {
  const db = new WasmDb();
  db.configureRecord(KEY, ROOM);
  return db;
}

overEveryEngine('a record', (make) => {
  test('is written to its path: the value of now, then each new one', async () => {
    using db = database();
    db.set(KEY, warm(20));
    const { store } = make<Record<string, unknown>>({ sensors: {} });
    const senders: unknown[] = [];
    onChanges(store, 'sensors.vienna', (changes) =>
      senders.push(...changes.map(({ sender }) => sender)),
    );
    const stop = bindRecord(store, db, KEY, 'sensors.vienna');
    await turn();
    expect(store.get('sensors.vienna')).toEqual(warm(20));
    db.set(KEY, warm(21));
    await turn();
    db.set(KEY, warm(21));
    await turn();
    expect(store.get('sensors.vienna.celsius')).toBe(21);
    expect(senders).toEqual([`record:${KEY}`, `record:${KEY}`]);
    stop();
    stop();
    db.set(KEY, warm(22));
    await turn();
    expect(store.get('sensors.vienna.celsius')).toBe(21);
  });

  test('changes only the fields that differ', async () => {
    using db = database();
    db.set(KEY, warm(20));
    const { store } = make<Record<string, unknown>>({});
    bindRecord(store, db, KEY, 'vienna');
    await turn();
    const paths: string[] = [];
    onChanges(store, 'vienna', (changes) => paths.push(...changes.map(({ path }) => path)));
    db.set(KEY, warm(21));
    await turn();
    expect(paths).toEqual(['vienna.celsius']);
    store.set('vienna', { celsius: 1 });
    db.set(KEY, warm(22));
    await turn();
    expect(paths).toEqual(['vienna.celsius', 'vienna', 'vienna']);
    expect(store.get('vienna')).toEqual(warm(22));
  });

  test('is written by its path, and told nothing at the start', async () => {
    using db = database();
    const { store, errors } = make<Record<string, unknown>>({ form: warm(10) });
    const stop = bindPath(store, 'form', db, KEY);
    await turn();
    expect(db.get(KEY)).toBeNull();
    store.set('form.celsius', 11);
    expect(db.get(KEY)).toEqual(warm(11));
    store.set('form', warm(11));
    expect(db.version(KEY)).toBe(1);
    store.set('form', undefined);
    expect(db.version(KEY)).toBe(1);
    stop();
    store.set('form', warm(12));
    expect(db.version(KEY)).toBe(1);
    expect(errors).toEqual([]);
  });

  test('that refuses a value reports it to the store', () => {
    using db = database();
    const { store, errors } = make<Record<string, unknown>>({ form: warm(10) });
    bindPath(store, 'form', db, KEY);
    store.set('form.celsius', 'hot');
    expect(errors.map(({ code, path }) => [code, path])).toEqual([
      ['CONTRACT_VIOLATION', 'celsius'],
    ]);
    expect(errors[0]).toBeInstanceOf(ContractViolation);
    expect(store.get('form.celsius')).toBe('hot');
  });

  test('that the store refuses reports it to the store too', async () => {
    using db = database();
    const { store, errors } = make<Record<string, unknown>>({ text: 'x' });
    bindRecord(store, db, KEY, 'text.below');
    db.set(KEY, warm(1));
    await turn();
    expect(errors.map(({ code }) => code)).toEqual(['THROUGH_PRIMITIVE']);
  });

  test('bound in both directions comes to rest, with defaults filled in', async () => {
    using db = database();
    const { store, errors } = make<Record<string, unknown>>({ form: {} });
    const { calls, hear } = heard<unknown>();
    bindRecord(store, db, KEY, 'form');
    bindPath(store, 'form', db, KEY);
    store.subscribe('form', hear);
    store.set('form', { celsius: 5, timestamp: 1 });
    for (let round = 0; round < 5; round++) await turn();
    expect(db.version(KEY)).toBe(1);
    expect(calls).toEqual([{ celsius: 5, timestamp: 1 }, warm(5)]);
    db.set(KEY, warm(6));
    for (let round = 0; round < 5; round++) await turn();
    expect(db.version(KEY)).toBe(2);
    expect(calls.slice(2)).toEqual([warm(6)]);
    store.set('form.celsius', 7);
    store.set('form.celsius', 8);
    for (let round = 0; round < 5; round++) await turn();
    expect([store.get('form'), db.get(KEY)]).toEqual([warm(8), warm(8)]);
    expect(errors).toEqual([]);
  });

  test('is let go by a store that is disposed of', async () => {
    using db = database();
    const { store, errors } = make<Record<string, unknown>>({ sensors: {} });
    bindRecord(store, db, KEY, 'sensors.vienna');
    await turn();
    db.set(KEY, warm(1));
    store.dispose();
    await turn();
    expect(db.inspect(KEY).read).toBe(0);
    expect(errors).toEqual([]);
  });
});
