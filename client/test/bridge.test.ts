/** Bridges over real sockets: mirrored records, writes, errors, reconnecting, and the end. */
import {
  type AimDbError,
  type BridgeOptions,
  type BridgeStatus,
  type SettledWrite,
  type WasmDb,
  WasmDb as Database,
  WsBridge,
} from '@aimdb/wasm';
import { describe, expect, test, vi } from 'vitest';
import { codeOf, degrees, freshDatabases, LATEST, ring, thrown, turn, warm } from './support/db.js';
import { PlatformSocket, QUICK, Room } from './support/room.js';

const database = freshDatabases();
const FOLLOW: BridgeOptions = { ...QUICK, subscribeTopics: ['#'] };
const TOPIC = 'sensors/vienna';
const KEY = 'sensors.vienna';

/** Waits until something holds. */
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);

async function connected(db: WasmDb, room: Room, options = FOLLOW): Promise<WsBridge> {
  const bridge = WsBridge.connect(db, room.url, options);
  await until(() => bridge.status() === 'connected');
  return bridge;
}

describe('adopting', () => {
  async function adopting(records: Parameters<typeof database>[0]) {
    const db = database(records);
    const bridge = WsBridge.connect(db, new Room().url, { ...QUICK, adopt: '#' });
    const errors: AimDbError[] = [];
    bridge.onError((error) => errors.push(error));
    // The hub has `a/b`, and `c` whose contract it does not say.
    await until(() => errors.some(({ message }) => message.includes("'c'")));
    return { db, told: errors.map(({ code, message }) => `${code}: ${message}`) };
  }
  const SAYS_NO_CONTRACT =
    "ADOPT_FAILED: the topic 'c' cannot be adopted: the server does not say its contract";

  test('tells of a topic whose key has a record of another topic', async () => {
    const { db, told } = await adopting({ 'a.b': { ...LATEST, topic: 'elsewhere' } });
    expect(told).toEqual([
      "ADOPT_FAILED: the topic 'a/b' cannot be adopted: the key 'a.b' has a record of another topic",
      SAYS_NO_CONTRACT,
    ]);
    expect(db.keys()).toEqual(['a.b']);
  });

  test('leaves a record of the same topic as it is, and says nothing', async () => {
    const { db, told } = await adopting({ 'a.b': ring(3) });
    expect(told).toEqual([SAYS_NO_CONTRACT]);
    expect(db.keys()).toEqual(['a.b']);
  });

  test('makes a record of a topic that has none', async () => {
    const { db, told } = await adopting({});
    expect(told).toEqual([SAYS_NO_CONTRACT]);
    expect(db.keys()).toEqual(['a.b']);
  });
});

describe('a mirrored record', () => {
  test('gets the value that there is, then each new one, as remote', async () => {
    const room = new Room();
    await room.publish(TOPIC, warm(1));
    const db = database({ [KEY]: LATEST });
    const heard: unknown[] = [];
    db.subscribe(KEY, (value, { origin }) => heard.push([degrees([value])[0], origin]));
    await connected(db, room);
    await until(() => heard.length === 1);
    await room.publish(TOPIC, warm(2));
    await until(() => heard.length === 2);
    expect(heard).toEqual([
      [1, 'remote'],
      [2, 'remote'],
    ]);
  });

  test('that is configured late gets the value too', async () => {
    const room = new Room();
    await room.publish(TOPIC, warm(1));
    const db = database();
    const bridge = await connected(db, room);
    await bridge.listTopics();
    db.configureRecord(KEY, LATEST);
    await until(() => db.get(KEY));
    expect(db.get(KEY)).toMatchObject({ celsius: 1 });
  });

  test('sends what is written, and hears of its echo nothing', async () => {
    const room = new Room();
    const db = database({ [KEY]: LATEST });
    const bridge = await connected(db, room);
    const heard = vi.fn();
    const settled: SettledWrite[] = [];
    db.subscribe(KEY, heard);
    bridge.onWriteSettled((write) => settled.push(write));
    db.set(KEY, warm(21));
    expect(bridge.pendingWrites).toBe(1);
    await until(() => settled.length === 1);
    await bridge.listTopics();
    expect(settled).toMatchObject([{ topic: TOPIC, key: KEY, outcome: 'acknowledged' }]);
    expect(bridge.pendingWrites).toBe(0);
    expect(heard.mock.calls).toHaveLength(1);
    expect(heard.mock.calls[0]?.[1]).toEqual({ version: 1, origin: 'local' });
  });

  test('goes back when the server refuses, with the reason', async () => {
    const room = new Room();
    const db = database({ [KEY]: LATEST });
    const bridge = await connected(db, room);
    const settled: SettledWrite[] = [];
    bridge.onWriteSettled((write) => settled.push(write));
    db.set(KEY, warm(20));
    await until(() => settled.length === 1);
    db.set(KEY, warm(60));
    expect(db.get(KEY)).toMatchObject({ celsius: 60 });
    await until(() => settled.length === 2);
    expect(settled[1]).toMatchObject({
      outcome: 'refused',
      code: 'WRITE_ERROR',
      reason: 'range',
      message: expect.stringContaining('at most 50'),
    });
    expect(db.get(KEY)).toMatchObject({ celsius: 20 });
  });

  test.each([true, false])(
    'whose first write is refused has no value again (looked at before: %s)',
    async (looks) => {
      const room = new Room();
      const db = database({ [KEY]: LATEST });
      const bridge = await connected(db, room);
      const [values, changes] = [vi.fn(), vi.fn()];
      if (looks) db.subscribe(KEY, values);
      db.record(KEY).onChange(changes);
      const settled = vi.fn();
      bridge.onWriteSettled(settled);
      db.set(KEY, warm(60));
      if (looks) expect(db.history(KEY)).toHaveLength(1);
      await until(() => settled.mock.calls.length === 1);
      await turn();
      expect(db.get(KEY)).toBeNull();
      expect(db.history(KEY)).toEqual([]);
      expect(changes).toHaveBeenCalledTimes(2);
      expect(values).toHaveBeenCalledTimes(looks ? 1 : 0);
      db.set(KEY, warm(5));
      expect(db.get(KEY)).toMatchObject({ celsius: 5 });
    },
  );

  test('that nobody watches forgets a refused first write too', async () => {
    const room = new Room();
    const db = database({ [KEY]: LATEST });
    const bridge = await connected(db, room);
    const settled = vi.fn();
    bridge.onWriteSettled(settled);
    db.set(KEY, warm(60));
    expect(db.get(KEY)).toMatchObject({ celsius: 60 });
    await until(() => settled.mock.calls.length === 1);
    expect(db.get(KEY)).toBeNull();
  });

  test('may have a topic of its own, or one for a bridge', async () => {
    const room = new Room();
    await room.publish('a', warm(1));
    await room.publish('b', warm(2));
    const db = database({ one: { ...LATEST, topic: 'a' }, two: LATEST });
    await connected(db, room, { ...FOLLOW, topics: { two: 'b' } });
    await until(() => db.get('one') && db.get('two'));
    expect(degrees([db.get('one'), db.get('two')])).toEqual([1, 2]);
  });

  test('tells its subscribers what was lost on the way', async () => {
    const room = new Room();
    const db = database({ [KEY]: ring(8) });
    await connected(db, room);
    const heard: unknown[] = [];
    db.subscribe(KEY, (value) => heard.push(degrees([value])[0]), {
      onLag: (missed) => heard.push(`missed ${missed}`),
    });
    const data = { type: 'data', topic: TOPIC, payload: warm(3), ts: 1, seq: 9, gap: 4 };
    await room.send(JSON.stringify(data));
    await until(() => heard.length === 2);
    expect(new Set(heard)).toEqual(new Set(['missed 4', 3]));
  });

  test('of a ring repeats nothing when its pattern is asked for again, or by two bridges', async () => {
    const room = new Room();
    const db = database({ [KEY]: ring(8) });
    const first = await connected(db, room);
    const second = await connected(db, room);
    for (const celsius of [1, 2, 3]) await room.publish(TOPIC, warm(celsius));
    await until(() => db.history(KEY).length === 3);
    db.configureRecord('sensors.other', LATEST);
    for (const bridge of [first, second]) {
      bridge.subscribe(['sensors/#']);
      await bridge.listTopics();
    }
    expect(degrees(db.history(KEY))).toEqual([1, 2, 3]);
  });

  test('refuses what its contract refuses, and says so', async () => {
    const room = new Room();
    const db = database({ [KEY]: { ...LATEST, schemaType: 'humidity' } });
    const bridge = await connected(db, room);
    const errors: AimDbError[] = [];
    bridge.onError((error) => errors.push(error));
    await room.publish(TOPIC, { percent: 140, timestamp: 1 });
    await until(() => errors.length === 1);
    expect(errors[0]).toMatchObject({ code: 'CONTRACT_VIOLATION', record: KEY, path: 'percent' });
    expect(db.get(KEY)).toBeNull();
  });
});

describe('a bridge', () => {
  test('tells its states, in microtasks', async () => {
    const room = new Room();
    const bridge = WsBridge.connect(database(), room.url, QUICK);
    const states: BridgeStatus[] = [];
    bridge.onStatusChange((status) => states.push(status));
    expect(bridge.status()).toBe('connecting');
    expect(states).toEqual([]);
    await until(() => states.at(-1) === 'connected');
    await room.drop();
    await until(() => states.filter((status) => status === 'connected').length === 2);
    bridge.disconnect();
    await turn();
    expect(states.filter((status) => status !== 'connecting')).toEqual([
      'connected',
      'reconnecting',
      'connected',
      'disconnected',
    ]);
    expect(bridge.status()).toBe('disconnected');
  });

  test('says when it will try again, keeps what is written, and catches up', async () => {
    const room = new Room();
    const db = database({ [KEY]: { ...LATEST, offline: 'queue' } });
    const bridge = await connected(db, room);
    const [pending, settled]: [number[], SettledWrite[]] = [[], []];
    bridge.onPendingChange((count) => pending.push(count));
    bridge.onWriteSettled((write) => settled.push(write));
    expect(bridge.retryAt).toBeNull();
    await room.close();
    await until(() => bridge.status() === 'reconnecting' && bridge.retryAt);
    expect(Math.abs((bridge.retryAt as number) - Date.now())).toBeLessThan(60_000);
    for (const celsius of [1, 2, 3]) db.set(KEY, warm(celsius));
    expect(bridge.pendingWrites).toBe(3);
    await room.open();
    await until(() => settled.length === 3);
    expect(settled.map((write) => write.outcome)).toEqual([
      'acknowledged',
      'acknowledged',
      'acknowledged',
    ]);
    await until(() => pending.at(-1) === 0);
    expect(pending[0]).toBe(3);
    expect(bridge.retryAt).toBeNull();
  });

  test('gives up after the retries that it was given, and begins again when asked', async () => {
    const room = new Room();
    await room.close();
    const bridge = WsBridge.connect(database(), room.url, { ...QUICK, maxRetries: 2 });
    await until(() => bridge.status() === 'disconnected');
    expect(bridge.retryAt).toBeNull();
    await room.open();
    bridge.reconnect();
    await until(() => bridge.status() === 'connected');
  });

  test('asks for topics and for history', async () => {
    const room = new Room();
    const db = database();
    const bridge = await connected(db, room);
    const topics = [
      { name: 'a/b', schemaType: 'temperature', schema_type: 'temperature' },
      { name: 'c' },
    ];
    const history = { records: [{ topic: 'a/b', payload: { celsius: 1.5 }, ts: 7 }], total: 3 };
    expect(await bridge.listTopics()).toEqual(topics);
    expect(await db.listTopics()).toEqual(topics);
    expect(await bridge.query('a/#', { from: 1, to: 9, limit: 5 })).toEqual(history);
    expect(await db.query('#')).toEqual(history);
    const asked = (await room.heard())
      .map((frame) => JSON.parse(frame))
      .filter((frame) => frame.type === 'query');
    expect(asked).toMatchObject([{ pattern: 'a/#', from: 1, to: 9, limit: 5 }, { pattern: '#' }]);
    expect(asked[1]).not.toHaveProperty('from');
    expect(await codeOf(() => bridge.query('a/#/b'))).toBe('REQUEST_INVALID');
    expect(await codeOf(() => bridge.query('a', { limit: Number.NaN }))).toBe('OPTIONS_INVALID');
  });

  test('a question that nobody answers fails in time', async () => {
    const room = new Room();
    const bridge = await connected(database(), room, { ...QUICK, queryTimeoutMs: 50 });
    await room.silence();
    expect(await codeOf(() => bridge.listTopics())).toBe('REQUEST_TIMEOUT');
  });

  test('discovers topics over a connection of its own', async () => {
    const db = database();
    expect(await db.discover(new Room().url, QUICK)).toHaveLength(2);
    expect(await Database.discover(new Room().url, QUICK)).toHaveLength(2);
    const closed = new Room();
    await closed.close();
    expect(await codeOf(() => db.discover(closed.url, QUICK))).toBe('CONNECT_FAILED');
    expect(await codeOf(() => db.listTopics())).toBe('NO_BRIDGE');
  });

  test('follows and leaves patterns', async () => {
    const room = new Room();
    await room.publish(TOPIC, warm(1));
    const db = database({ [KEY]: LATEST });
    const bridge = await connected(db, room, QUICK);
    await bridge.listTopics();
    expect(db.get(KEY)).toBeNull();
    bridge.subscribe(['sensors/#']);
    await until(() => db.get(KEY));
    bridge.unsubscribe(['sensors/#']);
    await room.publish(TOPIC, warm(2));
    await bridge.listTopics();
    expect(db.get(KEY)).toMatchObject({ celsius: 1 });
    expect(await codeOf(() => bridge.subscribe('sensors/#' as never))).toBe('OPTIONS_INVALID');
  });

  test('writes any topic, and refuses a payload that JSON would change', async () => {
    const room = new Room();
    const bridge = await connected(database(), room);
    const settled: SettledWrite[] = [];
    bridge.onWriteSettled((write) => settled.push(write));
    bridge.write('commands/x', { any: ['thing', null] });
    bridge.write('commands/y', { celsius: 99 });
    await until(() => settled.length === 2);
    expect(settled.map(({ topic, outcome }) => [topic, outcome])).toEqual([
      ['commands/x', 'acknowledged'],
      ['commands/y', 'refused'],
    ]);
    expect(settled[0]).not.toHaveProperty('key');
    const self: Record<string, unknown> = {};
    self.self = self;
    for (const payload of [undefined, () => {}, { n: Number.NaN }, 1n, self]) {
      expect(await codeOf(() => bridge.write('commands/x', payload))).toBe('PAYLOAD_INVALID');
    }
    bridge.write('commands/#', 1);
    await until(() => settled.length === 3);
    expect(settled[2]).toMatchObject({ outcome: 'dropped' });
  });

  test('reports frames that it cannot read, and goes on', async () => {
    const room = new Room();
    const db = database({ [KEY]: LATEST });
    const bridge = await connected(db, room);
    const errors: string[] = [];
    bridge.onError((error) => errors.push(error.code));
    await room.send('{ no json');
    await until(() => errors.length === 1);
    await room.sendBinary('bytes');
    await until(() => errors.length === 2);
    expect(errors[1]).toBe('FRAME_BINARY');
    await room.publish(TOPIC, warm(1));
    await until(() => db.get(KEY));
  });

  test('tells the database, or else the console, of errors that nobody listens to', async () => {
    const room = new Room();
    const db = database();
    const bridge = await connected(db, room);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await room.sendBinary('one');
    await room.sendBinary('two');
    await until(() => warn.mock.calls.length === 1);
    const onError = vi.fn();
    db.onError(onError);
    await room.sendBinary('three');
    await until(() => onError.mock.calls.length === 1);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.calls[0]?.[0])).toContain('FRAME_BINARY');
    warn.mockRestore();
    expect(bridge.status()).toBe('connected');
  });

  test('a listener that throws is reported, and the others go on', async () => {
    const room = new Room();
    const db = database({ [KEY]: LATEST });
    const onError = vi.fn();
    db.onError(onError);
    const bridge = await connected(db, room);
    const other = vi.fn();
    bridge.onWriteSettled(() => {
      throw new Error('mine');
    });
    bridge.onWriteSettled(other);
    db.set(KEY, warm(1));
    await until(() => other.mock.calls.length === 1);
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'CALLBACK_THREW' });
  });

  test('several of one database mirror their own topics', async () => {
    const [left, right] = [new Room(), new Room()];
    await left.publish('left/t', warm(1));
    await right.publish('right/t', warm(2));
    const db = database({ 'left.t': LATEST, 'right.t': LATEST });
    const one = await connected(db, left, { ...QUICK, subscribeTopics: ['left/#'] });
    await connected(db, right, { ...QUICK, subscribeTopics: ['right/#'] });
    await until(() => db.get('left.t') && db.get('right.t'));
    one.disconnect();
    db.set('right.t', warm(3));
    await until(() => true);
    await vi.waitFor(async () =>
      expect((await right.heard()).some((frame) => frame.includes('"write"'))).toBe(true),
    );
    expect((await left.heard()).some((frame) => frame.includes('"write"'))).toBe(false);
  });
});

describe('the end of a bridge', () => {
  test('reports what waited, rejects what was asked, and makes every command an error', async () => {
    const room = new Room();
    const db = database({ [KEY]: { ...LATEST, offline: 'queue' } });
    const bridge = await connected(db, room);
    const settled: SettledWrite[] = [];
    bridge.onWriteSettled((write) => settled.push(write));
    await room.silence();
    db.set(KEY, warm(1));
    const asked = codeOf(() => bridge.listTopics());
    bridge.disconnect();
    bridge.disconnect();
    await turn();
    expect(settled).toMatchObject([{ outcome: 'unknown', reason: 'disconnected', key: KEY }]);
    expect(await asked).toBe('DISCONNECTED');
    expect(bridge.status()).toBe('disconnected');
    expect(bridge.pendingWrites).toBe(0);
    for (const command of [
      () => bridge.write('a', 1),
      () => bridge.subscribe(['a']),
      () => bridge.unsubscribe(['a']),
      () => bridge.reconnect(),
      () => bridge.listTopics(),
      () => bridge.query('a'),
    ]) {
      expect(await codeOf(command)).toBe('DISCONNECTED');
    }
    expect(await codeOf(() => db.listTopics())).toBe('NO_BRIDGE');
    db.set(KEY, warm(2));
  });

  test('does not take the next one along', async () => {
    const [left, right] = [new Room(), new Room()];
    await right.publish(TOPIC, warm(2));
    const db = database({ [KEY]: LATEST });
    (await connected(db, left)).disconnect();
    const next = await connected(db, right);
    await until(() => db.get(KEY));
    await left.drop();
    await turn();
    expect(next.status()).toBe('connected');
  });

  test('comes with the end of the database: FREED everywhere, disconnect is harmless', async () => {
    const room = new Room();
    const db = database({ [KEY]: LATEST });
    const bridge = await connected(db, room);
    const settled: SettledWrite[] = [];
    const off = bridge.onWriteSettled((write) => settled.push(write));
    await room.silence();
    db.set(KEY, warm(1));
    const asked = codeOf(() => bridge.listTopics());
    db.free();
    for (const call of [
      () => bridge.status(),
      () => bridge.pendingWrites,
      () => bridge.retryAt,
      () => bridge.write('a', 1),
      () => bridge.subscribe(['a']),
      () => bridge.listTopics(),
      () => bridge.reconnect(),
      () => bridge.onStatusChange(() => {}),
    ]) {
      expect(await codeOf(call)).toBe('FREED');
    }
    bridge.disconnect();
    expect(await asked).toBe('DISCONNECTED');
    // Nothing ends without a report.
    expect(settled).toMatchObject([{ outcome: 'unknown', key: KEY }]);
    off();
  });
});

describe('bridge options', () => {
  const cases: [string, string | URL, BridgeOptions | unknown, string, RegExp][] = [
    ['no address', '', {}, 'URL_INVALID', /ws:/],
    ['another scheme', 'ftp://x/', {}, 'URL_INVALID', /ftp/],
    ['an unknown option', 'ws://x/', { backofMs: 1 }, 'OPTIONS_INVALID', /backofMs/],
    ['a bad number', 'ws://x/', { backoffMinMs: -1 }, 'OPTIONS_INVALID', /backoffMinMs/],
    [
      'numbers that do not fit',
      'ws://x/',
      { backoffMinMs: 900, backoffMaxMs: 100 },
      'OPTIONS_INVALID',
      /./,
    ],
    ['a bad pattern', 'ws://x/', { subscribeTopics: ['a/#/b'] }, 'OPTIONS_INVALID', /a\/#\/b/],
    ['no list', 'ws://x/', { subscribeTopics: 'a' }, 'OPTIONS_INVALID', /subscribeTopics/],
    ['bad topics', 'ws://x/', { topics: { a: 1 } }, 'OPTIONS_INVALID', /'a'/],
    ['no socket', 'ws://x/', { WebSocket: 5 }, 'NO_WEBSOCKET', /WebSocket/],
    ['no object', 'ws://x/', 5, 'OPTIONS_INVALID', /object/],
  ];
  test.each(cases)('%s: refused at once', async (name, url, options, code, words) => {
    const db = database();
    const complete =
      name === 'no object' ? options : { WebSocket: PlatformSocket, ...(options as object) };
    // Beside a page every address is one; a relative one is tried elsewhere.
    if (url === '' && typeof location !== 'undefined') return;
    const error = await thrown(() => WsBridge.connect(db, url, complete as BridgeOptions));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(await codeOf(() => db.listTopics())).toBe('NO_BRIDGE');
  });

  test('addresses may be http, a URL object, or have a fragment', async () => {
    const room = new Room();
    const db = database();
    for (const url of [new URL(room.url), room.url.replace('ws:', 'http:'), `${room.url}#here`]) {
      const bridge = WsBridge.connect(db, url, QUICK);
      await until(() => bridge.status() === 'connected');
      bridge.disconnect();
    }
  });

  test('a socket that reports at once, or cannot be made, breaks nothing', async () => {
    const room = new Room();
    /** Answers within the call that it answers. */
    class Hasty extends EventTarget {
      constructor() {
        super();
        queueMicrotask(() => this.dispatchEvent(new Event('open')));
      }
      send(text: string): void {
        const { type, id } = JSON.parse(text) as { type: string; id?: number };
        if (type === 'ping') this.#say({ type: 'pong', hello: { v: 1, server: 'hasty' } });
        if (type === 'write') this.#say({ type: 'ack', id });
      }
      #say(frame: object): void {
        this.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify(frame) }));
      }
      close(): void {}
    }
    const db = database({ [KEY]: LATEST });
    const hasty = WsBridge.connect(db, room.url, { ...FOLLOW, WebSocket: Hasty as never });
    const settled = vi.fn();
    hasty.onWriteSettled(settled);
    await until(() => hasty.status() === 'connected');
    db.set(KEY, warm(1));
    await until(() => settled.mock.calls.length === 1);
    expect(settled.mock.calls[0]?.[0]).toMatchObject({ outcome: 'acknowledged' });

    class Broken {
      constructor() {
        throw new DOMException('not here', 'SecurityError');
      }
    }
    const broken = WsBridge.connect(db, room.url, {
      ...QUICK,
      maxRetries: 1,
      WebSocket: Broken as never,
    });
    await until(() => broken.status() === 'disconnected');
  });
});
