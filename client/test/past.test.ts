/** The past of rings: what a plain list says, however long, and read without ever having all of it on its way. */
import { type ContractFile, engineInfo, type WasmDb } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import { freshDatabases, ring, turn, warm } from './support/db.js';

const database = freshDatabases();
/** As many values as a ring may keep. */
const FULL = 1 << 20;

const KINDS: Record<string, ContractFile['fields']> = {
  numbers: [
    { name: 'a', kind: 'f64' },
    { name: 'b', kind: 'i64', optional: true },
    { name: 'c', kind: 'bool' },
  ],
  'one flag': [{ name: 'c', kind: 'bool' }],
  'sixteen numbers': Array.from({ length: 16 }, (_, at) => ({ name: `n${at}`, kind: 'u32' })),
  texts: [
    { name: 'a', kind: 'f64' },
    { name: 'text', kind: 'text' },
  ],
  nested: [{ name: 'list', kind: { list: { object: { fields: [{ name: 'x', kind: 'f64' }] } } } }],
  'any JSON': [{ name: 'any', kind: 'json' }],
};

const MAKE: Record<string, (n: number) => object> = {
  numbers: (n) => ({ a: n / 3, c: n % 2 === 0, ...(n % 5 && { b: -n }) }),
  'one flag': (n) => ({ c: n % 3 === 0 }),
  'sixteen numbers': (n) =>
    Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`n${at}`, n + at])),
  // Short ones first, then some that are long: no slice may count on the length of the one before.
  texts: (n) => ({ a: n, text: 'é'.repeat(n % 700 === 0 ? 8000 : n % 7) }),
  nested: (n) => ({ list: Array.from({ length: n % 4 }, (_, x) => ({ x: x + n })) }),
  'any JSON': (n) => ({ any: n % 2 ? { n: [n] } : null }),
};

function ringOf(kind: string, capacity: number): WasmDb {
  const db = database();
  const contract = { name: 'past', version: 1, fields: KINDS[kind] } as ContractFile;
  db.configureRecord('r', { contract, buffer: { type: 'SpmcRing', capacity } });
  return db;
}

test.each(Object.keys(KINDS))('of %s is what was written, for every length', (kind) => {
  const capacity = 3000;
  const db = ringOf(kind, capacity);
  const make = MAKE[kind] as (n: number) => object;
  const written: object[] = [];
  const write = (count: number) => {
    for (let at = 0; at < count; at++) {
      written.push(make(written.length));
      db.set('r', written.at(-1) as never);
    }
  };
  for (const more of [1, 14, 1, 1, 900, 1500, 1, 5000, 2, 3001]) {
    write(more);
    for (const length of [1, 15, 16, 17, 1024, 2999, capacity, capacity + 1]) {
      const expected = written.slice(-Math.min(length, capacity));
      const values = db.history('r', length);
      expect(values).toEqual(expected);
      expect(values.at(-1)).toBe(db.get('r'));
      expect(Object.isFrozen(values) && values.every((value) => Object.isFrozen(value))).toBe(true);
    }
  }
});

test('a value that is known stays the same object when others come', () => {
  const db = database({ r: ring(4) });
  const seen: unknown[] = [];
  for (let n = 0; n < 12; n++) {
    db.set('r', warm(n));
    const values = db.history('r');
    seen.push(values.at(-1));
    expect(values).toEqual(seen.slice(-4));
    for (const [at, value] of values.entries()) expect(value).toBe(seen.slice(-4)[at]);
  }
});

test('of a full ring takes next to no memory of the engine, as numbers and as text', async () => {
  const memoryBytes = () => engineInfo()?.memoryBytes ?? Number.NaN;
  for (const kind of ['numbers', 'texts']) {
    const db = ringOf(kind, kind === 'numbers' ? FULL : FULL / 16);
    const make = MAKE[kind] as (n: number) => object;
    const count = (kind === 'numbers' ? FULL : FULL / 16) + 5;
    for (let n = 0; n < count; n++) db.set('r', make(n) as never);
    await turn();
    const before = memoryBytes();
    const values = db.history('r');
    // A megabyte: a slice is 128 KiB, or a few of the longest texts more.
    expect(memoryBytes() - before).toBeLessThan(1 << 20);
    expect(values).toHaveLength(count - 5);
    for (const at of [0, 1, 4095, 5461, 5462, 40_000, count - 6]) {
      expect(values[at]).toEqual(make(at + 5));
    }
    db.free();
  }
}, 60_000);
