/** The beginning and the end of a database, and what its options may be. */
import { type RecordOptions, WasmDb, WsBridge } from '@aimdb/wasm';
import { describe, expect, test, vi } from 'vitest';
import { codeOf, freshDatabases, LATEST, ring, thrown, turn, warm } from './support/db.js';

const database = freshDatabases();

describe('after free', () => {
  test('every call throws FREED, and ending things is harmless', async () => {
    const db = database({ room: LATEST, log: ring(4) });
    const [room, log] = [db.record('room'), db.record('log')];
    const callback = vi.fn();
    const offs = [
      db.subscribe('room', callback),
      db.subscribe('log', callback),
      room.onChange(callback),
      db.onError(callback),
    ];
    db.set('room', warm(1));
    db.set('log', warm(1));
    db.free();
    db.free();
    const calls: Record<string, () => unknown> = {
      get: () => db.get('room'),
      'get of an unknown record': () => db.get('nothing'),
      set: () => db.set('room', warm(2)),
      history: () => db.history('log'),
      version: () => db.version('room'),
      subscribe: () => db.subscribe('room', callback),
      record: () => db.record('room'),
      inspect: () => db.inspect('room'),
      keys: () => db.keys(),
      knownSchemas: () => db.knownSchemas(),
      schema: () => db.schema('temperature'),
      configureRecord: () => db.configureRecord('new', LATEST),
      build: () => db.build(),
      isBuilt: () => db.isBuilt(),
      onError: () => db.onError(callback),
      connectBridge: () => db.connectBridge('ws://127.0.0.1:1'),
      connect: () => WsBridge.connect(db, 'ws://127.0.0.1:1'),
      discover: () => db.discover('ws://127.0.0.1:1'),
      listTopics: () => db.listTopics(),
      query: () => db.query('#'),
      'handle.get': () => room.get(),
      'handle.set': () => room.set(warm(2)),
      trySet: () => db.trySet('room', warm(2)),
      'handle.trySet': () => room.trySet(warm(2)),
      'handle.version': () => room.version,
      'handle.history': () => log.history(),
      'handle.subscribe': () => room.subscribe(callback),
      'handle.onChange': () => room.onChange(callback),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect([name, await codeOf(call)]).toEqual([name, 'FREED']);
    }
    for (const off of offs) off();
    await turn();
    expect(callback).not.toHaveBeenCalled();
  });

  test('a using block frees', async () => {
    const db = new WasmDb();
    db[Symbol.dispose]();
    expect(await codeOf(() => db.keys())).toBe('FREED');
  });

  test('a thousand databases one after the other leave nothing behind', () => {
    for (let at = 0; at < 1000; at++) {
      const db = new WasmDb();
      db.configureRecord('room', LATEST);
      db.subscribe('room', () => {});
      db.set('room', warm(1));
      db.free();
    }
  });
});

describe('a database', () => {
  test('is built from the start, and lists its records and contracts', async () => {
    const db = database({ b: LATEST, a: ring(2) });
    await db.build();
    expect(db.isBuilt()).toBe(true);
    expect(db.keys()).toEqual(['b', 'a']);
    expect(db.knownSchemas()).toContain('temperature');
  });

  test('describes its contracts', () => {
    const schema = database().schema('humidity');
    expect(schema).toMatchObject({ name: 'humidity', version: 1, signal: 'percent' });
    expect(schema?.fields[0]).toMatchObject({ name: 'percent', kind: 'f32', min: 0, max: 100 });
    expect(Object.isFrozen(schema?.fields[0])).toBe(true);
    expect(database().schema('nothing')).toBeNull();
  });
});

describe('record options', () => {
  const base = { schemaType: 'temperature', buffer: 'SingleLatest' };
  const cases: [string, unknown, string, RegExp][] = [
    ['none', undefined, 'OPTIONS_INVALID', /object/],
    ['an unknown option', { ...base, bufer: 1 }, 'OPTIONS_INVALID', /'bufer'/],
    ['no buffer', { schemaType: 'temperature' }, 'OPTIONS_INVALID', /buffer/],
    ['an unknown buffer', { ...base, buffer: 'Ring' }, 'OPTIONS_INVALID', /Ring/],
    ['a ring by name', { ...base, buffer: 'SpmcRing' }, 'CAPACITY_INVALID', /capacity/],
    [
      'a ring without room',
      { ...base, buffer: { type: 'SpmcRing', capacity: 0 } },
      'CAPACITY_INVALID',
      /0/,
    ],
    [
      'a ring too large',
      { ...base, buffer: { type: 'SpmcRing', capacity: 2 ** 20 + 1 } },
      'CAPACITY_INVALID',
      /1048576/,
    ],
    [
      'half a place',
      { ...base, buffer: { type: 'SpmcRing', capacity: 1.5 } },
      'CAPACITY_INVALID',
      /1\.5/,
    ],
    [
      'a capacity for one value',
      { ...base, buffer: { type: 'Mailbox', capacity: 2 } },
      'OPTIONS_INVALID',
      /Mailbox/,
    ],
    [
      'an unknown buffer option',
      { ...base, buffer: { type: 'Mailbox', size: 2 } },
      'OPTIONS_INVALID',
      /size/,
    ],
    ['no contract', { buffer: 'Mailbox' }, 'OPTIONS_INVALID', /schemaType/],
    ['an unknown contract', { ...base, schemaType: 'temprature' }, 'SCHEMA_UNKNOWN', /temprature/],
    ['a bad policy', { ...base, offline: 'later' }, 'OPTIONS_INVALID', /later/],
    [
      'an endless expiry',
      { ...base, offline: { expireMs: Infinity } },
      'OPTIONS_INVALID',
      /expireMs/,
    ],
    ['a negative expiry', { ...base, offline: { expireMs: -1 } }, 'OPTIONS_INVALID', /expireMs/],
    ['a bad unknownFields', { ...base, unknownFields: 'keep' }, 'OPTIONS_INVALID', /keep/],
    ['a bad topic', { ...base, topic: 5 }, 'OPTIONS_INVALID', /topic/],
  ];
  test.each(cases)(
    '%s: refused by name, and nothing is configured',
    async (_, options, code, words) => {
      const db = database();
      const error = await thrown(() => db.configureRecord('room', options as RecordOptions));
      expect(error.code).toBe(code);
      expect(error.message).toMatch(words);
      expect(db.keys()).toEqual([]);
      db.configureRecord('room', LATEST);
      db.set('room', warm(1));
    },
  );

  test('every good shape is taken', () => {
    const buffers = [
      'SingleLatest',
      'Mailbox',
      { type: 'SingleLatest' },
      { type: 'Mailbox' },
      { type: 'SpmcRing', capacity: 1 },
    ] as const;
    const policies = ['queue', 'latest', 'reject', { expireMs: 100 }, undefined] as const;
    const db = database();
    for (const [at, buffer] of buffers.entries()) {
      for (const [of, offline] of policies.entries()) {
        const key = `r${at}.${of}`;
        db.configureRecord(key, { ...LATEST, buffer, offline, topic: undefined });
        db.set(key, warm(1));
        expect(db.get(key)).toMatchObject({ celsius: 1 });
      }
    }
  });

  test('a key that is taken, or no key, is refused', async () => {
    const db = database({ room: LATEST });
    expect(await codeOf(() => db.configureRecord('room', LATEST))).toBe('KEY_TAKEN');
    expect(await codeOf(() => db.configureRecord('', LATEST))).toBe('KEY_INVALID');
    expect(await codeOf(() => db.configureRecord(5 as never, LATEST))).toBe('KEY_INVALID');
  });
});
