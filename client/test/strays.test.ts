/** What no JSON can say, at every door of a tab: refused with its place and what it is, or left out with its field. */
import { type AimDbError, type ContractFile, validate, type WasmDb } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import { codeOf, freshDatabases, LATEST, thrown } from './support/db.js';

const database = freshDatabases();
const HALF = '\ud800';
const HALF_WORDS = 'text with a lone surrogate';

const EVERY_KIND: ContractFile = {
  name: 'every',
  version: 1,
  fields: [
    { name: 'text', kind: 'text', optional: true },
    { name: 'choice', kind: { enum: ['a'] }, optional: true },
    { name: 'maybe', kind: { nullable: 'text' }, optional: true },
    { name: 'list', kind: { list: { nullable: 'text' } }, optional: true },
    { name: 'map', kind: { map: 'text' }, optional: true },
    { name: 'any', kind: 'json', optional: true },
    { name: 'number', kind: 'f64', optional: true },
  ],
};

function every(options: object = {}): WasmDb {
  const db = database();
  db.configureRecord('r', { contract: EVERY_KIND, buffer: 'SingleLatest', ...options } as never);
  return db;
}

/** Path, reason and words of a refusal. */
function told(error: unknown): unknown[] {
  const { path, reason, got } = error as AimDbError & { got: string };
  return [path, reason, got];
}

const HALVES: [string, unknown, string][] = [
  ['a text', { text: `a${HALF}` }, 'text'],
  ['the other half', { text: '\udc00b' }, 'text'],
  ['a choice', { choice: HALF }, 'choice'],
  ['what may be null', { maybe: HALF }, 'maybe'],
  ['a list', { list: ['a', HALF] }, 'list[1]'],
  ['a value of a map', { map: { a: HALF } }, 'map.a'],
  ['a name of a map', { map: { [HALF]: 'a' } }, 'map'],
  ['any JSON', { any: { a: [HALF] } }, 'any.a[0]'],
  ['a name in any JSON', { any: [{ [HALF]: 1 }] }, 'any[0]'],
];

test.each(HALVES)('half a character in %s is refused with its place', async (_, value, path) => {
  const db = every();
  const refusal = [path, 'lone_surrogate', HALF_WORDS];
  expect(told(db.trySet('r', value))).toEqual(refusal);
  expect(told(await thrown(() => db.set('r', value as never)))).toEqual(refusal);
  expect(db.get('r')).toBeNull();
  // As JSON writes it, by an escape.
  const checked = validate('json', JSON.stringify(value));
  expect(checked.ok || told(checked.error)).toEqual([path, 'lone_surrogate', HALF_WORDS]);
});

test('whole characters pass, and so does the one that half of one would become', () => {
  const db = every();
  const value = {
    text: '\ufffd \u{1f600} ﬁ',
    any: { '\ufffd': '\u{1f600}' },
    map: { '\uff21': '' },
  };
  db.set('r', value as never);
  expect(db.get('r')).toEqual(value);
});

const STRAYS: [string, unknown, string, string][] = [
  ['a function', () => 1, 'kind', 'a function'],
  ['a symbol', Symbol('mine'), 'kind', 'a symbol'],
  ['a NaN', Number.NaN, 'not_finite', 'NaN'],
  ['an infinity', Number.NEGATIVE_INFINITY, 'not_finite', '-Infinity'],
  ['a large bigint', 2n ** 70n, 'kind', 'a bigint beyond 64 bits'],
  ['a bigint that JavaScript would round', 2n ** 60n, 'unsafe_integer', '1152921504606846976'],
  ['a map', new Map(), 'not_data', 'an object of Map, which has no fields: write its content'],
];

test.each(STRAYS)('%s in any JSON is refused with its place', (_, stray, reason, got) => {
  const db = every();
  expect(told(db.trySet('r', { any: { a: [0, stray] } }))).toEqual(['any.a[1]', reason, got]);
  expect(told(db.trySet('r', { any: stray }))).toEqual(['any', reason, got]);
  const refusal = db.trySet('r', { any: [stray] });
  expect(refusal?.expected).toMatch(/JSON value|JavaScript holds/);
});

test('what is not there is no element of a list', () => {
  const db = every();
  expect(told(db.trySet('r', { any: [1, undefined] }))).toEqual(['any[1]', 'kind', 'nothing']);
  // biome-ignore lint/suspicious/noSparseArray: it is what is tested
  expect(told(db.trySet('r', { list: ['a', , 'b'] }))).toEqual(['list[1]', 'kind', 'nothing']);
  expect(db.trySet('r', { list: [null], text: undefined })).toBeNull();
});

test('what is no data is refused in a field of its kind as well', () => {
  const db = every();
  for (const [, stray, reason, got] of STRAYS.filter(([, stray]) => typeof stray !== 'bigint')) {
    expect(told(db.trySet('r', { maybe: stray }))[0]).toBe('maybe');
    if (typeof stray !== 'number') {
      expect(told(db.trySet('r', { number: stray }))).toEqual(['number', reason, got]);
    }
  }
});

test('an unknown field is left out whatever it holds, on the quick path and on the general one', () => {
  const db = database({ quick: LATEST });
  db.configureRecord('general', {
    contract: { ...EVERY_KIND, name: 'general', fields: [{ name: 'text', kind: 'text' }] },
    buffer: 'SingleLatest',
  });
  const quick = { schema_version: 2, celsius: 1, timestamp: 2 };
  for (const stray of [...STRAYS.map(([, stray]) => stray), HALF, [undefined], { [HALF]: 1 }]) {
    db.set('quick', { ...quick, more: stray } as never);
    expect(db.get('quick')).toEqual(quick);
    // A value that is not plainly right takes the general path too.
    db.set('quick', { ...quick, timestamp: 2n, more: stray } as never);
    expect(db.get('quick')).toEqual(quick);
    db.set('general', { text: 'a', more: stray } as never);
    expect(db.get('general')).toEqual({ text: 'a' });
  }
});

test('where unknown fields are refused, one that holds no data is', () => {
  const db = every({ unknownFields: 'refuse' });
  expect(told(db.trySet('r', { more: () => {} })).slice(0, 2)).toEqual(['more', 'unknown_field']);
});

test('a contract that is no JSON is refused with the place in it', async () => {
  const field = { name: 'v', kind: 'json' } as const;
  const cases: [object, string, string][] = [
    [{ ...field, default: { a: [Number.NaN] } }, '/fields/0/default/a/0', 'NaN'],
    [{ ...field, default: () => 1 }, '/fields/0/default', 'a function'],
    [{ ...field, kind: 'f64', max: Number.POSITIVE_INFINITY }, '/fields/0/max', 'Infinity'],
    [{ ...field, doc: HALF }, '/fields/0/doc', HALF_WORDS],
    [{ ...field, kind: { enum: ['a', HALF] } }, '/fields/0/kind/enum/1', HALF_WORDS],
    [{ ...field, kind: { enum: ['a', undefined] } }, '/fields/0/kind/enum/1', 'nothing'],
    [{ ...field, doc: Symbol('x') }, '/fields/0/doc', 'a symbol'],
    [{ ...field, default: new Map() }, '/fields/0/default', 'an object of Map'],
  ];
  for (const [wrong, path, got] of cases) {
    const contract = { name: 'c', version: 1, fields: [wrong] } as never;
    const error = await thrown(() => database().registerContract(contract));
    expect(error).toMatchObject({ code: 'CONTRACT_INVALID', path });
    expect(error.message).toContain(`expected a JSON value, got ${got}`);
  }
});

test('a migration that gives what no JSON can say is refused before a step turns it into null', () => {
  const db = database();
  const contract: ContractFile = {
    name: 'm',
    version: 3,
    fields: [{ name: 'a', kind: { nullable: 'f64' } }],
    migrations: [{ from: 1, up: [{ rename: ['b', 'a'] }], down: [{ rename: ['a', 'b'] }] }],
  };
  const same = (value: object) => value;
  db.registerContract(contract, { migrate: { 2: { up: same, down: same } } });
  db.configureRecord('m', { contract, buffer: 'SingleLatest' });
  expect(db.trySet('m', { a: Number.NaN })).toMatchObject({ path: 'a', got: 'NaN' });
});

test('half a character is no topic', async () => {
  const topic = `a/${HALF}`;
  expect(await codeOf(() => database().configureRecord('t', { ...LATEST, topic }))).toBe(
    'OPTIONS_INVALID',
  );
});
