/** Sources, derivations, joins and taps from JavaScript: what they give, what they refuse, and how they end. */
import type { AimDbError, WasmDb } from '@aimdb/wasm';
import { describe, expect, test, vi } from 'vitest';
import {
  codeOf,
  degrees,
  freshDatabases,
  LATEST,
  MAILBOX,
  ring,
  thrown,
  turn,
} from './support/db.js';
import { QUICK, Room } from './support/room.js';

const database = freshDatabases();

const at = (celsius: number) => ({ celsius, timestamp: 1 });
const warmer = (value: unknown) => at((value as { celsius: number }).celsius + 1);
const celsius = (value: unknown) => (value as { celsius: number } | undefined)?.celsius;

/** The codes and messages that the database reports from now on. */
function reports(db: WasmDb): AimDbError[] {
  const errors: AimDbError[] = [];
  db.onError((error) => errors.push(error));
  return errors;
}

/** A promise and the ways to settle it. */
function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe('a derivation', () => {
  test('writes what it makes of each value, as a rule, and knows what it made before', async () => {
    const db = database({ room: LATEST, sum: ring(8) });
    db.set('room', at(1));
    const previous: unknown[] = [];
    const heard: unknown[] = [];
    db.subscribe('sum', (value, { origin }) => heard.push([celsius(value), origin]));
    const stop = db.derive('sum', 'room', (value, before) => {
      previous.push(celsius(before));
      return at((celsius(value) ?? 0) + (celsius(before) ?? 0));
    });
    expect(previous).toEqual([]);
    await turn();
    db.set('room', at(2));
    await turn();
    db.set('room', at(3));
    await turn();
    expect(previous).toEqual([undefined, 1, 3]);
    expect(heard).toEqual([
      [1, 'rule'],
      [3, 'rule'],
      [6, 'rule'],
    ]);
    stop();
    stop();
    db.set('room', at(4));
    await turn();
    expect(celsius(db.get('sum'))).toBe(6);
    expect(db.graph()[1]).toMatchObject({ key: 'sum', inputs: [], writers: [] });
  });

  test('hears a ring whole, and gives nothing where it returns undefined', async () => {
    const db = database({ log: ring(8), odd: ring(8), mail: MAILBOX, copy: LATEST });
    db.derive('odd', 'log', (value) => ((celsius(value) ?? 0) % 2 ? value : undefined));
    db.derive('copy', 'mail', warmer);
    await turn();
    for (let of = 1; of <= 5; of++) {
      db.set('log', at(of));
      db.set('mail', at(of));
    }
    await turn();
    expect(degrees(db.history('odd'))).toEqual([1, 3, 5]);
    expect([celsius(db.get('copy')), db.version('copy')]).toEqual([6, 1]);
  });

  test('goes on through chains and diamonds', async () => {
    const db = database({ a: LATEST, b: LATEST, c: LATEST, d: LATEST });
    db.derive('b', 'a', warmer);
    db.derive('c', 'a', warmer);
    const seen: unknown[] = [];
    db.join('d', ['b', 'c'], ([b, c], changed) => {
      seen.push([celsius(b), celsius(c), changed]);
      return b && c ? at((celsius(b) ?? 0) + (celsius(c) ?? 0)) : undefined;
    });
    db.set('a', at(1));
    await turn();
    expect(celsius(db.get('d'))).toBe(4);
    expect(seen).toEqual([
      [2, 2, 0],
      [2, 2, 1],
    ]);
  });

  test('that is async writes in order, one at a time; of state only the newest waits', async () => {
    const db = database({ room: LATEST, copy: ring(8) });
    const calls: [number | undefined, ReturnType<typeof deferred<unknown>>][] = [];
    db.derive('copy', 'room', (value) => {
      const call = deferred<unknown>();
      calls.push([celsius(value), call]);
      return call.promise;
    });
    for (const of of [1, 2, 3]) {
      db.set('room', at(of));
      await turn();
    }
    expect(calls.map(([of]) => of)).toEqual([1]);
    calls[0]?.[1].resolve(at(10));
    await turn();
    // 2 was overtaken while it waited.
    expect(calls.map(([of]) => of)).toEqual([1, 3]);
    calls[1]?.[1].resolve(undefined);
    await turn();
    db.set('room', at(4));
    await turn();
    calls[2]?.[1].resolve(at(40));
    await turn();
    expect(degrees(db.history('copy'))).toEqual([10, 40]);
  });

  test('that is async lets values of a ring wait, and tells of those that it missed', async () => {
    const db = database({ log: ring(3), copy: ring(16) });
    const errors = reports(db);
    let gate = deferred<void>();
    const stop = db.derive('copy', 'log', async (value) => {
      await gate.promise;
      return value;
    });
    await turn();
    for (let of = 1; of <= 6; of++) {
      db.set('log', at(of));
      await turn();
    }
    gate.resolve();
    await turn();
    expect(degrees(db.history('copy'))).toEqual([1, 4, 5, 6]);
    expect(errors).toMatchObject([
      { code: 'LAGGED', record: 'log', message: expect.stringMatching(/'copy'.* missed 2 /) },
    ]);
    stop();
    // What the engine missed, and what did not fit here, come to one listener.
    const lags: unknown[] = [];
    gate = deferred<void>();
    const onLag = (missed: number, input: string) => lags.push([missed, input]);
    db.derive('copy', 'log', async (value) => gate.promise.then(() => value), { onLag });
    await turn();
    for (let of = 11; of <= 15; of++) db.set('log', at(of));
    await turn();
    for (let of = 16; of <= 18; of++) db.set('log', at(of));
    await turn();
    gate.resolve();
    await turn();
    expect(degrees(db.history('copy').slice(4))).toEqual([13, 16, 17, 18]);
    expect(lags.reduce((sum: number, lag) => sum + (lag as [number])[0], 0)).toBe(4);
    expect(lags.every((lag) => (lag as [number, string])[1] === 'log')).toBe(true);
    expect(errors).toHaveLength(1);
  });

  test('at most 16 MiB of values wait, however few they are, and one always does', async () => {
    const db = database({ out: ring(1024) });
    const json = { schemaType: 'json', buffer: { type: 'SpmcRing', capacity: 1024 } } as const;
    db.configureRecord('log', json);
    const gate = deferred<void>();
    const lags: number[] = [];
    const seen: number[] = [];
    const look = (value: unknown) => {
      seen.push((value as { n: number }).n);
      return gate.promise;
    };
    db.tap('log', look, { onLag: (missed) => lags.push(missed) });
    await turn();
    // 120 kB each as letters of 16 bits: 139 of them fit.
    for (let n = 0; n < 200; n++) {
      db.set('log', { n, text: 'x'.repeat(60_000) });
      if (n % 50 === 0) await turn();
    }
    await turn();
    gate.resolve();
    while (seen.at(-1) !== 199) await turn();
    const [first, ...waited] = seen;
    expect(first).toBe(0);
    expect(waited).toEqual(
      Array.from({ length: waited.length }, (_, at) => 200 - waited.length + at),
    );
    expect(waited.length).toBe(Math.floor((16 * 1024 * 1024) / (2 * 60_000 + 36)));
    expect(lags).toEqual([199 - waited.length]);
  });

  test('at most 1,024 values wait, however many the ring keeps', async () => {
    const db = database({ log: ring(4096), copy: ring(4096) });
    const gate = deferred<void>();
    const lags: number[] = [];
    db.derive('copy', 'log', (value) => gate.promise.then(() => value), {
      onLag: (missed) => lags.push(missed),
    });
    await turn();
    for (let of = 0; of < 3000; of++) db.set('log', { celsius: 1, timestamp: of });
    await turn();
    gate.resolve();
    await vi.waitFor(() => expect(db.version('copy')).toBe(1025));
    expect(lags).toEqual([3000 - 1025]);
    const times = db.history('copy').map((value) => (value as { timestamp: number }).timestamp);
    expect(times.slice(0, 2)).toEqual([0, 3000 - 1024]);
  });

  test('reports what throws, rejects or breaks the contract, and goes on', async () => {
    const db = database({ log: ring(16), copy: ring(16) });
    const errors = reports(db);
    const endless: Record<string, unknown> = {};
    endless.self = endless;
    const steps: (() => unknown)[] = [
      () => {
        throw new Error('mine');
      },
      () => Promise.reject(new Error('later')),
      () => ({ celsius: 'hot', timestamp: 1 }),
      () => null,
      () => endless,
      () => ({
        get celsius() {
          throw new Error('in a getter');
        },
      }),
      () => at(7),
    ];
    db.derive('copy', 'log', () => steps.shift()?.());
    await turn();
    for (let of = 0; of < 7; of++) db.set('log', at(of));
    await turn();
    const told = (record: string) => ({ record });
    expect(errors).toMatchObject([
      { code: 'CALLBACK_THREW', ...told('copy'), cause: { message: 'mine' } },
      { code: 'CALLBACK_THREW', ...told('copy'), cause: { message: 'later' } },
      { code: 'CONTRACT_VIOLATION', ...told('copy'), path: 'celsius' },
      { code: 'CONTRACT_VIOLATION', ...told('copy') },
      { code: 'TOO_DEEP' },
      { code: 'CALLBACK_THREW', ...told('copy'), cause: { message: 'in a getter' } },
    ]);
    expect(degrees(db.history('copy'))).toEqual([7]);
  });

  test('may write, configure and remove while it works', async () => {
    const db = database({ room: LATEST, copy: LATEST, other: LATEST });
    const errors = reports(db);
    db.derive('copy', 'room', (value) => {
      db.set('other', value);
      db.removeRecord('copy');
      db.configureRecord('copy', LATEST);
      return value;
    });
    db.set('room', at(1));
    await turn();
    await turn();
    expect([celsius(db.get('other')), db.get('copy')]).toEqual([1, null]);
    expect(db.graph().every(({ writers }) => writers.length === 0)).toBe(true);
    expect(errors).toEqual([]);
  });
});

describe('a join', () => {
  test('gives the newest of all under their names, and says which changed', async () => {
    const db = database({ room: LATEST, log: ring(4), both: ring(8) });
    const seen: unknown[] = [];
    db.join('both', { inside: 'room', outside: 'log' }, ({ inside, outside }, changed) => {
      seen.push([celsius(inside), celsius(outside), changed]);
      return inside && outside ? inside : undefined;
    });
    await turn();
    db.set('log', at(1));
    db.set('log', at(2));
    await turn();
    db.set('room', at(20));
    await turn();
    expect(seen).toEqual([
      [undefined, 1, 'outside'],
      [undefined, 2, 'outside'],
      [20, 2, 'inside'],
    ]);
    expect(degrees(db.history('both'))).toEqual([20]);
  });

  test('that is async looks at one value at a time, whichever input it is of', async () => {
    const db = database({ one: LATEST, two: ring(8), both: ring(16) });
    let running = 0;
    const seen: unknown[] = [];
    db.join('both', ['one', 'two'], async (_, changed) => {
      running += 1;
      expect(running).toBe(1);
      seen.push(changed);
      await turn();
      running -= 1;
      return at(seen.length);
    });
    await turn();
    for (let of = 0; of < 3; of++) {
      db.set('one', at(of));
      db.set('two', at(of));
    }
    await vi.waitFor(() => expect(db.version('both')).toBe(4));
    expect(seen.filter((changed) => changed === 1)).toHaveLength(3);
    expect(degrees(db.history('both'))).toEqual([1, 2, 3, 4]);
  });
});

describe('the graph', () => {
  test('says who reads whom, in the order of configuration, frozen', async () => {
    const db = database({
      a: LATEST,
      b: ring(2),
      c: { schemaType: 'humidity', buffer: 'Mailbox' },
    });
    db.derive('b', 'a', warmer);
    db.join('c', ['b', 'a', 'b'], () => undefined);
    db.source('a', () => {});
    const stop = db.tap('a', () => {});
    db.tap('a', () => {});
    const graph = db.graph();
    expect(graph).toEqual([
      { key: 'a', schemaType: 'temperature', inputs: [], writers: ['source'], taps: 2 },
      { key: 'b', schemaType: 'temperature', inputs: ['a'], writers: ['transform'], taps: 0 },
      { key: 'c', schemaType: 'humidity', inputs: ['b', 'a', 'b'], writers: ['join'], taps: 0 },
    ]);
    expect(
      Object.isFrozen(graph) && Object.isFrozen(graph[2]) && Object.isFrozen(graph[2]?.inputs),
    ).toBe(true);
    stop();
    expect([graph[0]?.taps, db.graph()[0]?.taps]).toEqual([2, 1]);
    expect(await codeOf(() => db.removeRecord('b'))).toBe('RECORD_IN_USE');
  });

  test('refuses what Rust is refused, and changes nothing', async () => {
    const db = database({ a: LATEST, b: LATEST, c: LATEST, free: LATEST });
    db.derive('b', 'a', warmer);
    db.derive('c', 'b', warmer);
    const before = db.graph();
    const cases: [() => unknown, string, RegExp][] = [
      [() => db.derive('a', 'c', warmer), 'CYCLE', /a -> b -> c -> a/],
      [() => db.derive('a', 'a', warmer), 'CYCLE', /a -> a/],
      [() => db.join('a', { x: 'free', y: 'b' }, warmer), 'CYCLE', /a -> b -> a/],
      [() => db.derive('b', 'free', warmer), 'TWO_WRITERS', /'b'.*transform, transform/],
      [() => db.source('c', () => {}), 'TWO_WRITERS', /'c'.*transform, source/],
      [() => db.derive('free', 'none', warmer), 'INPUT_UNKNOWN', /'free' reads 'none'/],
      [() => db.join('free', [], warmer), 'INPUTS_MISSING', /'free'/],
      [() => db.join('free', {}, warmer), 'INPUTS_MISSING', /'free'/],
      [() => db.join('free', 5 as never, warmer), 'OPTIONS_INVALID', /inputs/],
      [() => db.join('free', [5] as never, warmer), 'OPTIONS_INVALID', /text/],
      [() => db.derive('free', 5 as never, warmer), 'OPTIONS_INVALID', /text/],
      [() => db.derive('none', 'a', warmer), 'UNKNOWN_RECORD', /none/],
      [() => db.tap('none', warmer), 'UNKNOWN_RECORD', /none/],
      [() => db.source('none', () => {}), 'UNKNOWN_RECORD', /none/],
      [() => db.derive('free', 'a', 5 as never), 'CALLBACK_INVALID', /function/],
      [() => db.source('free', 5 as never), 'CALLBACK_INVALID', /function/],
      [() => db.tap('free', warmer, { onLog: 1 } as never), 'OPTIONS_INVALID', /'onLog'/],
      [() => db.derive('free', 'a', warmer, { onLag: 5 as never }), 'CALLBACK_INVALID', /function/],
      [() => db.removeRecord('a'), 'RECORD_IN_USE', /derive from it: b$/],
    ];
    for (const [use, code, words] of cases) {
      const error = await thrown(use);
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(words)]);
    }
    expect(db.graph()).toEqual(before);
    // A writer that has gone makes room for another.
    db.derive('free', 'a', warmer)();
    db.source('free', () => {})();
    db.join('free', ['a', 'b'], warmer);
  });

  test('says FREED when the database is', async () => {
    const db = database({ a: LATEST, b: LATEST });
    const stops = [db.derive('b', 'a', warmer), db.tap('a', warmer), db.source('a', () => {})];
    db.free();
    for (const stop of stops) stop();
    for (const use of [
      () => db.graph(),
      () => db.derive('b', 'a', warmer),
      () => db.join('b', ['a'], warmer),
      () => db.tap('a', warmer),
      () => db.source('a', () => {}),
    ]) {
      expect(await codeOf(use)).toBe('FREED');
    }
  });
});

describe('with its dependents', () => {
  test('a record goes, and all that was derived from it', async () => {
    const db = database({ a: LATEST, b: LATEST, c: LATEST, d: LATEST });
    const [made, ended, looked] = [vi.fn(warmer), vi.fn(), vi.fn()];
    db.derive('b', 'a', made);
    db.join('c', ['b', 'd'], () => undefined);
    db.source('a', () => ended);
    db.tap('b', looked);
    db.set('a', at(1));
    await turn();
    expect(looked).toHaveBeenCalledTimes(1);
    const handle = db.record('c');
    db.removeRecord('a', { dependents: true });
    expect([db.keys(), handle.isRemoved]).toEqual([['d'], true]);
    expect(db.graph()).toMatchObject([{ key: 'd', taps: 0 }]);
    await turn();
    expect(ended).toHaveBeenCalledTimes(1);
    for (const key of ['a', 'b', 'c']) db.configureRecord(key, LATEST);
    db.set('a', at(5));
    db.set('d', at(5));
    await turn();
    expect([made.mock.calls.length, db.get('b')]).toEqual([1, null]);
  });

  test('a tap hears what is there, and its record’s last values', async () => {
    const db = database({ log: ring(4) });
    const heard: unknown[] = [];
    db.tap('log', async (value) => {
      await turn();
      heard.push(celsius(value));
    });
    await turn();
    for (const of of [1, 2, 3]) db.set('log', at(of));
    db.removeRecord('log');
    await vi.waitFor(() => expect(heard).toEqual([1, 2, 3]));
  });
});

describe('a source', () => {
  test('begins in a microtask, brings values, and is cleaned up once', async () => {
    const db = database({ room: ring(8) });
    const [begun, ended] = [vi.fn(), vi.fn()];
    const origins: string[] = [];
    db.subscribe('room', (_, { origin }) => origins.push(origin));
    let signal: AbortSignal | undefined;
    const stop = db.source('room', (produce, given) => {
      begun();
      signal = given;
      produce(at(1));
      produce(at(2));
      return ended;
    });
    expect(begun).not.toHaveBeenCalled();
    await turn();
    expect([degrees(db.history('room')), origins]).toEqual([
      [1, 2],
      ['local', 'local'],
    ]);
    expect([signal?.aborted, ended.mock.calls.length]).toEqual([false, 0]);
    stop();
    stop();
    expect(ended).not.toHaveBeenCalled();
    await turn();
    expect([signal?.aborted, ended.mock.calls.length]).toEqual([true, 1]);
    expect(signal?.reason).toMatchObject({ code: 'SOURCE_ENDED', record: 'room' });
    // Its record is as it was, and can have another.
    db.set('room', at(3));
    db.source('room', () => {});
  });

  test.each<[string, (db: WasmDb, stop: () => void) => void]>([
    ['is stopped', (_, stop) => stop()],
    ['loses its record', (db) => db.removeRecord('room')],
    ['loses its database', (db) => db.free()],
  ])('that is async ends when it %s, and says nothing of that', async (_, end) => {
    const db = database({ room: ring(8) });
    const errors = reports(db);
    const over = vi.fn();
    let step = deferred<void>();
    const next = () => {
      step.resolve();
      step = deferred();
    };
    const stop = db.source('room', async (produce) => {
      try {
        for (let of = 1; ; of++) {
          await step.promise;
          produce(at(of));
        }
      } finally {
        over();
      }
    });
    await turn();
    next();
    await turn();
    expect(degrees(db.history('room'))).toEqual([1]);
    end(db, stop);
    next();
    await turn();
    expect([over.mock.calls.length, errors]).toEqual([1, []]);
  });

  test('that waits for its signal is no error either', async () => {
    const db = database({ one: LATEST, two: LATEST });
    const errors = reports(db);
    const aborted = (signal: AbortSignal, reason: () => unknown) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(reason()));
      });
    const stops = [
      db.source('one', (_, signal) => aborted(signal, () => signal.reason)),
      db.source('two', (_, signal) => aborted(signal, () => new DOMException('x', 'AbortError'))),
    ];
    await turn();
    for (const stop of stops) stop();
    await turn();
    expect(errors).toEqual([]);
  });

  test('that ended before it began never begins', async () => {
    const db = database({ room: LATEST });
    const begun = vi.fn();
    db.source('room', begun)();
    await turn();
    expect(begun).not.toHaveBeenCalled();
  });

  test('hears of a value that the contract refuses, and reports what it does not catch', async () => {
    const db = database({ one: LATEST, two: LATEST, three: LATEST });
    const errors = reports(db);
    const caught: unknown[] = [];
    db.source('one', (produce) => {
      try {
        produce({ celsius: 'hot' });
      } catch (error) {
        caught.push((error as AimDbError).code);
      }
      produce(at(1));
    });
    db.source('two', async (produce) => produce({ celsius: 'hot' }));
    db.source('three', () => {
      throw new Error('mine');
    });
    await turn();
    expect(caught).toEqual(['CONTRACT_VIOLATION']);
    expect(celsius(db.get('one'))).toBe(1);
    expect(errors).toHaveLength(2);
    expect(errors).toContainEqual(
      expect.objectContaining({ code: 'CONTRACT_VIOLATION', record: 'two' }),
    );
    expect(errors).toContainEqual(
      expect.objectContaining({ code: 'CALLBACK_THREW', record: 'three' }),
    );
  });

  test('may give its way to end late, and its end may fail', async () => {
    const db = database({ one: LATEST, two: LATEST });
    const errors = reports(db);
    const [ended, late] = [vi.fn(), deferred<() => void>()];
    const stop = db.source('one', () => late.promise);
    db.source('two', () => () => {
      throw new Error('at the end');
    });
    await turn();
    stop();
    db.removeRecord('two');
    await turn();
    late.resolve(ended);
    await turn();
    expect(ended).toHaveBeenCalledTimes(1);
    expect(errors).toMatchObject([{ code: 'CALLBACK_THREW', record: 'two' }]);
  });
});

describe('a tap', () => {
  test('looks at each value like a subscriber, until it is stopped', async () => {
    const db = database({ room: LATEST });
    const heard: unknown[] = [];
    db.set('room', at(1));
    const stop = db.tap('room', (value, { version, origin }) => {
      heard.push([celsius(value), version, origin]);
    });
    await turn();
    db.set('room', at(2));
    await turn();
    stop();
    db.set('room', at(3));
    await turn();
    expect(heard).toEqual([
      [1, 1, 'local'],
      [2, 2, 'local'],
    ]);
  });

  test('reports what it throws and what it missed, and goes on', async () => {
    const db = database({ log: ring(2) });
    const errors = reports(db);
    const heard: unknown[] = [];
    db.tap('log', (value) => {
      heard.push(celsius(value));
      if (celsius(value) === 4) throw new Error('mine');
    });
    await turn();
    for (let of = 1; of <= 5; of++) db.set('log', at(of));
    await turn();
    expect(heard).toEqual([4, 5]);
    expect(errors).toMatchObject([
      { code: 'LAGGED', record: 'log', message: expect.stringMatching(/tap.* missed 3 /) },
      { code: 'CALLBACK_THREW', record: 'log' },
    ]);
  });
});

test('a derived record that is mirrored goes to its server', async () => {
  const room = new Room();
  const db = database({ local: LATEST, 'plant.out': LATEST });
  const bridge = db.connectBridge(room.url, { ...QUICK, subscribeTopics: ['plant/#'] });
  const settled = vi.fn();
  bridge.onWriteSettled(settled);
  await vi.waitFor(() => expect(bridge.status()).toBe('connected'));
  db.derive('plant.out', 'local', warmer);
  db.set('local', at(4));
  await vi.waitFor(() => expect(settled).toHaveBeenCalledTimes(1), 5000);
  expect(settled.mock.calls[0]?.[0]).toMatchObject({ key: 'plant.out', outcome: 'acknowledged' });
});
