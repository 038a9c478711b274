/** What no JSON can say, at every door of a tab: refused with its place and what it is, or left out with its field. */
import { type AimDbError, type ContractFile, validate, type WasmDb } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import { codeOf, freshDatabases, LATEST, thrown, turn } from './support/db.js';

const database = freshDatabases();
const JSON_RECORD = { schemaType: 'json', buffer: 'SingleLatest' } as const;

/** A socket that never opens. */
class Silent extends EventTarget {
  close() {}
}

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

/** What JSON would leave out or turn into something else. */
class Point {
  x = 1;
}
const circle: Record<string, unknown> = {};
circle.self = { circle };
const CHANGED: [string, unknown, string][] = [
  ['a Map', new Map([[1, 2]]), 'an object of Map'],
  ['a Map with a field', Object.assign(new Map(), { a: 1 }), 'an object of Map'],
  ['a Set', new Set([1]), 'an object of Set'],
  ['undefined', undefined, 'nothing'],
  ['a function', () => 1, 'a function'],
  ['a symbol', Symbol('mine'), 'a symbol'],
  ['a moment', new Date(0), 'an object of Date'],
  ['a moment that is none', new Date(Number.NaN), 'an object of Date'],
  ['a boxed number', new Number(4), 'an object of Number'],
  ['a boxed text', new String('ab'), 'an object of String'],
  ['a typed array', Uint8Array.of(1), 'an object of Uint8Array'],
  ['a pattern', /a/, 'an object of RegExp'],
  ['an error', Object.assign(new Error('x'), { status: 4 }), 'an object of Error'],
  ['an instance', new Point(), 'an object of Point'],
  ['an array of a class', new (class Rows extends Array {})(), 'an object of Rows'],
  ['an object below another', Object.create({ a: 1 }), 'an object of Object'],
  ['2^60', 2 ** 60, '1.152921504606847e+18'],
  ['minus nought', -0, '-0'],
  ['a NaN', Number.NaN, 'NaN'],
  ['an infinity', Number.POSITIVE_INFINITY, 'Infinity'],
  ['a bigint', 5n, 'a bigint'],
  ['a getter', Object.defineProperty({}, 'g', { enumerable: true, get: () => 1 }), 'a getter'],
  ['half a character', HALF, HALF_WORDS],
];

/** A value with a stray in it, and where that is. */
const AROUND: [(stray: unknown) => unknown, string][] = [
  [(stray) => ({ a: stray }), 'a'],
  [(stray) => ({ a: [0, { b: stray }] }), 'a[1].b'],
];

/** The place of a getter is its own, below what has it. */
const placed = (name: string, path: string) => (name === 'a getter' ? `${path}.g` : path);

test.each(CHANGED)('%s is no part of any JSON that is written, at any door', async (...row) => {
  const [name, stray, got] = row;
  const from = { ...JSON_RECORD, truth: 'local' as const };
  const db = database({ all: JSON_RECORD, from, derived: JSON_RECORD });
  const bridge = db.connectBridge('ws://127.0.0.1:9', { WebSocket: Silent as never });
  for (const [around, path] of AROUND) {
    const value = around(stray);
    const at = placed(name, path);
    const payload = await thrown(() => bridge.write('t', value));
    expect(payload).toMatchObject({ code: 'PAYLOAD_INVALID', topic: 't', path: at });
    expect(payload.message).toContain(`at '${at}': got ${got}`);
    for (const refusal of [
      db.trySet('all', value as never),
      db.record('all').trySet(value as never),
      await thrown(() => db.set('all', value as never)),
      every().trySet('r', { any: value }),
    ]) {
      expect(refusal?.path).toMatch(new RegExp(`^(any\\.)?${at.replaceAll(/[[\].]/g, '\\$&')}$`));
      expect((refusal as { got?: string }).got).toContain(got);
    }
    const written = db.version('derived');
    const errors: AimDbError[] = [];
    const unheard = db.onError((error) => errors.push(error));
    const stop = db.derive('derived', 'from', () => value as never);
    db.set('from', {});
    await turn();
    stop();
    unheard();
    expect(errors.map((error) => error.path)).toEqual([at]);
    expect(db.version('derived')).toBe(written);
  }
  expect(db.get('all')).toBeNull();
});

test('what holds itself is refused where it does, and so is what is named or hidden so that JSON has no word for it', async () => {
  const db = database({ all: JSON_RECORD });
  const bridge = db.connectBridge('ws://127.0.0.1:9', { WebSocket: Silent as never });
  const cases: [unknown, string][] = [
    [circle, 'self.circle'],
    [{ a: { [Symbol.for('s')]: 1 } }, 'a'],
    [{ a: Object.assign([1], { more: 1 }) }, 'a'],
    [{ a: { toJSON: () => 1 } }, 'a.toJSON'],
    [{ a: { set b(_: unknown) {} } }, 'a.b'],
    // biome-ignore lint/suspicious/noSparseArray: it is what is tested
    [{ a: [1, , 2] }, 'a[1]'],
  ];
  for (const [value, path] of cases) {
    expect(await thrown(() => bridge.write('t', value))).toMatchObject({
      code: 'PAYLOAD_INVALID',
      path,
    });
    expect(db.trySet('all', value as never)).toMatchObject({ path });
  }
});

test('all that JSON brings back as it is goes through', async () => {
  const db = database({ all: JSON_RECORD });
  const same = { id: 1 };
  const value = JSON.parse(
    '{"__proto__": {"a": 1}, "list": [null, true, "", 1.5, 9007199254740991]}',
  );
  Object.assign(value, { first: same, second: same, bare: Object.create(null) });
  Object.defineProperty(value, 'hidden', { value: () => 1, enumerable: false });
  db.set('all', value);
  expect(JSON.stringify(db.get('all'))).toBe(JSON.stringify(value));
  const sent: string[] = [];
  class Open extends Silent {
    send(text: string) {
      sent.push(text);
    }
  }
  const bridge = db.connectBridge('ws://127.0.0.1:9', { WebSocket: Open as never });
  bridge.write('t', value);
  await turn();
  expect(bridge.pendingWrites).toBe(1);
});

test('where a contract says what a part is, it is taken as that', () => {
  const db = database();
  const contract: ContractFile = {
    name: 'said',
    version: 1,
    fields: [
      { name: 'at', kind: 'time' },
      { name: 'bytes', kind: 'bytes' },
      { name: 'count', kind: 'u64' },
      { name: 'points', kind: { list: { object: { fields: [{ name: 'x', kind: 'f64' }] } } } },
      { name: 'any', kind: 'json', optional: true },
      { name: 'next', kind: { nullable: { contract: 'said' } }, optional: true },
    ],
  };
  db.configureRecord('said', { contract, buffer: 'SingleLatest' });
  const value = { at: new Date(5), bytes: Uint8Array.of(1), count: 5n, points: [new Point()] };
  db.set('said', { ...value, next: value } as never);
  const kept = { at: 5, bytes: 'AQ==', count: 5, points: [{ x: 1 }] };
  expect(db.get('said')).toEqual({ ...kept, next: kept });
  const refusal = db.trySet('said', { ...value, next: { ...value, any: [new Date(5)] } } as never);
  expect(refusal?.path).toBe('next.any[0]');
  expect(db.trySet('said', { ...value, points: [new String('x')] } as never)?.code).toBe(
    'NOT_DATA',
  );
});

test('a list of names with a hole is none', async () => {
  const db = database();
  const [topics, WebSocket] = [Object.assign(['a'], { length: 2 }), Silent as never];
  const bridge = db.connectBridge('ws://127.0.0.1:9', { WebSocket });
  const codes = [
    () => bridge.subscribe(topics),
    () => bridge.unsubscribe(topics),
    () => db.connectBridge('ws://127.0.0.1:9', { WebSocket, adopt: topics }),
  ];
  for (const call of codes) expect(await codeOf(call)).toBe('OPTIONS_INVALID');
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
