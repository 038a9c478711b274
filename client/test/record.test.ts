/** Writing and reading one record. */
import { ContractViolation, validate } from '@aimdb/wasm';
import { describe, expect, test } from 'vitest';
import { codeOf, freshDatabases, LATEST, thrown, turn, warm } from './support/db.js';

const database = freshDatabases();
const GPS = { schemaType: 'gps_location', buffer: 'SingleLatest' } as const;
const STRICT = { ...LATEST, unknownFields: 'refuse' } as const;

describe('a value', () => {
  test('is null before the first write, and awaiting it works', async () => {
    const db = database({ room: LATEST });
    expect(db.get('room')).toBeNull();
    expect(await db.get('room')).toBeNull();
    expect(db.version('room')).toBe(0);
  });

  test('reads back at once, with defaults filled in and 32-bit floats as they were written', () => {
    const db = database({ room: LATEST });
    db.set('room', { celsius: 21.1, timestamp: 1_795_166_172_014 });
    expect(db.get('room')).toEqual({
      schema_version: 2,
      celsius: 21.1,
      timestamp: 1_795_166_172_014,
    });
    expect(db.version('room')).toBe(1);
  });

  test('is frozen, and the same object until the record changes', () => {
    const db = database({ room: LATEST });
    db.set('room', warm(1));
    const first = db.get('room');
    expect(Object.isFrozen(first)).toBe(true);
    expect(db.get('room')).toBe(first);
    db.set('room', warm(1));
    expect(db.get('room')).not.toBe(first);
    expect(db.get('room')).toEqual(first);
  });

  test('does not follow what the writer does to its object later', () => {
    const db = database({ room: LATEST });
    const value = warm(1);
    db.set('room', value);
    value.celsius = 2;
    expect(db.get('room')).toMatchObject({ celsius: 1 });
  });

  test('has an optional field only if it was given', () => {
    const db = database({ van: GPS });
    const place = { latitude: 48.2, longitude: 16.4, timestamp: 1 };
    db.set('van', { ...place, altitude: 180 });
    expect(db.get('van')).toEqual({ ...place, altitude: 180 });
    for (const absent of [undefined, null]) {
      db.set('van', { ...place, altitude: absent, accuracy: absent });
      expect(db.get('van')).toEqual(place);
      expect(Object.keys(db.get('van') as object)).toEqual(['latitude', 'longitude', 'timestamp']);
    }
  });

  test('loses fields that its contract does not know', () => {
    const db = database({ room: LATEST });
    db.set('room', { ...warm(1), colour: 'red' });
    expect(db.get('room')).toEqual({ schema_version: 2, ...warm(1) });
  });

  test('may be of a class, or without a prototype', () => {
    const db = database({ room: LATEST, strict: STRICT });
    class Reading {
      celsius = 3;
      timestamp = 1;
    }
    for (const key of ['room', 'strict']) {
      for (const value of [new Reading(), Object.assign(Object.create(null), warm(3))]) {
        db.set(key, value);
        expect(db.get(key)).toMatchObject({ celsius: 3 });
      }
    }
  });
});

describe('a refusal', () => {
  const cases: [string, unknown, string, string, RegExp][] = [
    ['a text', { celsius: 'warm', timestamp: 1 }, 'celsius', 'kind', /text "warm"/],
    ['NaN', { celsius: Number.NaN, timestamp: 1 }, 'celsius', 'not_finite', /NaN/],
    ['an infinity', { celsius: -Infinity, timestamp: 1 }, 'celsius', 'not_finite', /inf/i],
    ['a missing field', { celsius: 1 }, 'timestamp', 'missing', /nothing/],
    ['a null', { celsius: null, timestamp: 1 }, 'celsius', 'kind', /null/],
    ['a boolean', { celsius: true, timestamp: 1 }, 'celsius', 'kind', /true/],
    ['a fraction', { celsius: 1, timestamp: 1.5 }, 'timestamp', 'kind', /1\.5/],
    ['below zero', { celsius: 1, timestamp: -1 }, 'timestamp', 'range', /-1/],
    ['beyond 2^53', { celsius: 1, timestamp: 2 ** 53 + 2 }, 'timestamp', 'unsafe_integer', /9007/],
    ['no object', 5, '', 'kind', /5/],
    ['null itself', null, '', 'kind', /null/],
    ['nothing at all', undefined, '', 'kind', /^nothing$/],
    ['a list', [1, 2], '', 'kind', /./],
    ['a function', () => {}, '', 'kind', /^a function$/],
    ['a symbol', Symbol('s'), '', 'kind', /^a symbol$/],
    ['a bigint', { celsius: 1, timestamp: 2n ** 60n }, 'timestamp', 'unsafe_integer', /./],
  ];
  test.each(cases)(
    'of %s names record, field, reason and what came',
    async (_, value, path, reason, got) => {
      const db = database({ room: LATEST, strict: STRICT });
      for (const key of ['room', 'strict']) {
        const error = (await thrown(() => db.set(key, value))) as ContractViolation;
        expect(error).toBeInstanceOf(ContractViolation);
        expect(error).toMatchObject({ code: 'CONTRACT_VIOLATION', record: key, path, reason });
        expect(error.schema).toBe('temperature');
        expect(error.expected).not.toBe('');
        expect(error.got).toMatch(got);
        expect(error.message).toContain(key);
        expect(error.name).toBe('ContractViolation');
        expect(db.get(key)).toBeNull();
        expect(db.version(key)).toBe(0);
      }
    },
  );

  test('of a range says the range', async () => {
    const db = database({ air: { schemaType: 'humidity', buffer: 'SingleLatest' } });
    const error = await thrown(() => db.set('air', { percent: 140, timestamp: 1 }));
    expect(error.message).toMatch(/percent.*from 0 to 100.*140/);
  });

  test('of an unknown field happens where that was asked for', async () => {
    const db = database({ strict: STRICT });
    const error = await thrown(() => db.set('strict', { ...warm(1), colour: 'red' }));
    expect(error).toMatchObject({ path: 'colour', reason: 'unknown_field' });
    db.set('strict', { ...warm(1), colour: undefined });
    expect(db.get('strict')).toEqual({ schema_version: 2, ...warm(1) });
  });

  test('leaves the record and its subscribers as they are', async () => {
    const db = database({ room: LATEST });
    db.set('room', warm(1));
    const before = db.get('room');
    let calls = 0;
    db.subscribe('room', () => {
      calls += 1;
    });
    await turn();
    await thrown(() => db.set('room', { celsius: 'x' }));
    await turn();
    expect(db.get('room')).toBe(before);
    expect(calls).toBe(1);
  });
});

describe('hostile values', () => {
  test('a getter that throws throws out of set, and the record goes on', () => {
    const db = database({ room: LATEST, strict: STRICT });
    const value = {
      get celsius(): number {
        throw new RangeError('from the getter');
      },
      timestamp: 1,
    };
    for (const key of ['room', 'strict']) {
      expect(() => db.set(key, value)).toThrow(RangeError);
      db.set(key, warm(1));
      expect(db.get(key)).toMatchObject({ celsius: 1 });
    }
  });

  test('a getter that writes another record changes neither value', () => {
    const db = database({ room: LATEST, other: LATEST, strict: STRICT });
    for (const key of ['room', 'strict']) {
      db.set(key, {
        get schema_version() {
          return 2;
        },
        get celsius() {
          db.set('other', { schema_version: 2, celsius: 99, timestamp: 999 });
          return 5;
        },
        timestamp: 3,
      });
      expect(db.get(key)).toEqual({ schema_version: 2, celsius: 5, timestamp: 3 });
      expect(db.get('other')).toEqual({ schema_version: 2, celsius: 99, timestamp: 999 });
    }
  });

  test('a getter that makes the memory grow changes nothing', () => {
    const db = database({ room: LATEST });
    let grown = false;
    db.set('room', {
      get celsius() {
        if (!grown)
          db.configureRecord('big', { ...LATEST, buffer: { type: 'SpmcRing', capacity: 1 << 16 } });
        grown = true;
        for (let at = 0; at < 1 << 16; at++) db.set('big', { celsius: 0, timestamp: at });
        return 5;
      },
      timestamp: 3,
    });
    expect(db.get('room')).toEqual({ schema_version: 2, celsius: 5, timestamp: 3 });
  });

  test('a getter that frees the database makes the write fail clearly', async () => {
    for (const options of [LATEST, STRICT]) {
      const db = database({ room: options });
      const value = {
        get celsius() {
          db.free();
          return 5;
        },
        timestamp: 3,
      };
      expect(await codeOf(() => db.set('room', value))).toBe('FREED');
    }
  });

  test('a value that contains itself, or is too deep or too large, is refused', async () => {
    const db = database({ strict: STRICT });
    const self: Record<string, unknown> = warm(1);
    self.self = self;
    self.again = self;
    expect(await codeOf(() => db.set('strict', self))).toMatch(/TOO_/);
    let deep: unknown = 1;
    for (let level = 0; level < 70; level++) deep = { deep };
    expect(await codeOf(() => db.set('strict', deep))).toBe('TOO_DEEP');
    const large = { list: Array.from({ length: (1 << 20) + 1 }, () => 0) };
    expect(await codeOf(() => db.set('strict', large))).toBe('TOO_LARGE');
    db.set('strict', warm(1));
  });

  test('a field named __proto__ is a field', async () => {
    const db = database({ strict: STRICT });
    const value = JSON.parse('{"celsius":1,"timestamp":1,"__proto__":{"celsius":2}}');
    expect(await thrown(() => db.set('strict', value))).toMatchObject({ path: '__proto__' });
  });

  test('the quick path and the general path agree on every kind of field', async () => {
    const fields = [
      0,
      1,
      -1,
      1.5,
      0.1,
      1e300,
      2 ** 31,
      2 ** 32,
      2 ** 53,
      -0,
      Number.NaN,
      Infinity,
      '1',
      '',
      true,
      false,
      null,
      undefined,
      {},
      [],
      1n,
    ];
    const db = database({
      room: LATEST,
      strict: STRICT,
      van: GPS,
      vanStrict: { ...GPS, unknownFields: 'refuse' },
    });
    const attempt = (key: string, value: unknown): unknown => {
      try {
        db.set(key, value);
        return db.get(key);
      } catch (error) {
        const { path, reason, expected } = error as ContractViolation;
        return { path, reason, expected };
      }
    };
    for (const one of fields) {
      for (const two of fields) {
        const value = { schema_version: two, celsius: one, timestamp: 1 };
        expect(attempt('strict', value)).toEqual(attempt('room', value));
        const place = { latitude: one, longitude: 1, altitude: two, timestamp: 1 };
        expect(attempt('vanStrict', place)).toEqual(attempt('van', place));
      }
    }
  });
});

describe('a handle', () => {
  test('is the same object each time, and does what the database does', () => {
    const db = database({ room: LATEST });
    const room = db.record('room');
    expect(db.record('room')).toBe(room);
    room.set(warm(4));
    expect(room.key).toBe('room');
    expect(room.version).toBe(1);
    expect(room.get()).toBe(db.get('room'));
    expect(room.history()).toEqual([room.get()]);
  });

  test('of a record that is not there is an error that says so', async () => {
    const db = database();
    for (const use of [
      () => db.get('x'),
      () => db.set('x', 1),
      () => db.record('x'),
      () => db.subscribe('x', () => {}),
    ]) {
      expect(await thrown(use)).toMatchObject({ code: 'UNKNOWN_RECORD', record: 'x' });
    }
  });
});

describe('trySet', () => {
  test('gives the violation as a value, or null', () => {
    const db = database({ room: LATEST, strict: { ...LATEST, unknownFields: 'refuse' } });
    expect(db.trySet('room', warm(1))).toBeNull();
    expect(db.get('room')).toMatchObject({ celsius: 1 });
    const refused = db.trySet('room', { celsius: 'warm', timestamp: 1 });
    expect(refused).toBeInstanceOf(ContractViolation);
    expect(refused).toMatchObject({ record: 'room', path: 'celsius', got: expect.any(String) });
    expect(db.record('strict').trySet({ ...warm(1), more: 1 })).toMatchObject({ path: 'more' });
    expect(db.record('strict').trySet(warm(2))).toBeNull();
    expect(db.inspect('room')).toMatchObject({ written: 1, refused: 1 });
  });

  test('gives what is no data at all like any other violation', async () => {
    const db = database({ room: LATEST });
    const endless: Record<string, unknown> = {};
    endless.self = endless;
    const values = [
      [endless, 'TOO_DEEP', 'too_deep', ''],
      [Array.from({ length: (1 << 20) + 1 }, () => 0), 'TOO_LARGE', 'too_large', ''],
      [new Map(), 'NOT_DATA', 'not_data', ''],
      [{ ...warm(1), celsius: new Set() }, 'NOT_DATA', 'not_data', 'celsius'],
    ] as const;
    for (const [value, code, reason, path] of values) {
      const refused = db.trySet('room', value);
      expect(refused).toBeInstanceOf(ContractViolation);
      const told = { code, reason, path, record: 'room', schema: 'temperature' };
      expect(refused).toMatchObject(told);
      expect(await thrown(() => db.set('room', value))).toMatchObject(told);
    }
  });

  test('throws where it is misused', async () => {
    const db = database({ room: LATEST });
    const handle = db.record('room');
    expect(await codeOf(() => db.trySet('x', 1))).toBe('UNKNOWN_RECORD');
    db.removeRecord('room');
    expect(await codeOf(() => handle.trySet(warm(1)))).toBe('RECORD_REMOVED');
    db.free();
    expect(await codeOf(() => db.trySet('room', warm(1)))).toBe('FREED');
  });
});

describe('several databases', () => {
  test('share nothing', () => {
    const [left, right] = [database({ room: LATEST }), database({ room: LATEST })];
    left.set('room', warm(1));
    expect(right.get('room')).toBeNull();
    right.set('room', warm(2));
    left.free();
    expect(right.get('room')).toMatchObject({ celsius: 2 });
  });

  test('two thousand records each keep their own value', () => {
    const db = database();
    for (let at = 0; at < 2_000; at++) db.configureRecord(`key.${at}`, LATEST);
    for (let at = 0; at < 2_000; at++) db.set(`key.${at}`, { celsius: 1, timestamp: at });
    for (let at = 0; at < 2_000; at++)
      expect((db.get(`key.${at}`) as { timestamp: number }).timestamp).toBe(at);
    expect(db.keys()).toHaveLength(2_000);
  });
});

describe('validate', () => {
  test('says whether a text is JSON', () => {
    expect(validate('{"a":[1]}')).toEqual({ ok: true, value: { a: [1] } });
    expect(validate('{')).toMatchObject({ ok: false, error: { code: 'JSON_INVALID' } });
  });

  test('checks against a contract, and gives the value as a record would', () => {
    expect(validate('temperature', '{"celsius":21.1,"timestamp":1,"x":0}')).toEqual({
      ok: true,
      value: { schema_version: 2, celsius: 21.1, timestamp: 1 },
    });
    expect(validate('humidity', '{"percent":140,"timestamp":1}')).toMatchObject({
      ok: false,
      error: { code: 'CONTRACT_VIOLATION', path: 'percent', reason: 'range' },
    });
    expect(validate('humidity', '5')).toMatchObject({ ok: false });
    expect(validate('humidity', '}')).toMatchObject({ error: { code: 'JSON_INVALID' } });
    expect(validate('nothing', '{}')).toMatchObject({ error: { code: 'SCHEMA_UNKNOWN' } });
  });
});
