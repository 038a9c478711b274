/** What strangers hand in never reaches the engine as it came: odd values, odd options, odd frames. */
import {
  type AimDbError,
  type BridgeOptions,
  validate,
  WasmDb,
  type WasmDbOptions,
  WsBridge,
} from '@aimdb/wasm';
import { describe, expect, test, vi } from 'vitest';
import { codeOf, freshDatabases, LATEST, ring, thrown, turn, warm } from './support/db.js';
import { PlatformSocket, QUICK, Room } from './support/room.js';

const database = freshDatabases();
const FOLLOW: BridgeOptions = { ...QUICK, subscribeTopics: ['#'] };
const STRICT = { ...LATEST, unknownFields: 'refuse' } as const;

/** Waits until something holds. */
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);

async function connected(db: WasmDb, room: Room): Promise<WsBridge> {
  const bridge = WsBridge.connect(db, room.url, FOLLOW);
  await until(() => bridge.status() === 'connected');
  return bridge;
}

describe('a value with code in it', () => {
  const withGetter = (list: object, db: WasmDb) =>
    Object.defineProperty(list, 'celsius', {
      enumerable: true,
      get() {
        db.set('other', warm(1));
        return 1;
      },
    });

  test.each<[string, () => object, string]>([
    ['a typed array', () => new Float64Array(0), 'CONTRACT_VIOLATION'],
    ['a view of bytes', () => new DataView(new ArrayBuffer(8)), 'NOT_DATA'],
  ])('%s: its getters do not run inside the engine', async (_, make, code) => {
    const db = database({ room: STRICT, other: LATEST });
    const value = withGetter(make(), db);
    expect(await codeOf(() => db.set('room', value))).toBe(code);
    db.set('room', warm(2));
    expect(db.get('room')).toMatchObject({ celsius: 2 });
  });

  test('a list with a `map` of its own is copied all the same', async () => {
    const db = database({ room: STRICT, other: LATEST });
    const value = Object.assign([1], { map: () => withGetter({}, db) });
    expect(await codeOf(() => db.set('room', value))).toBe('CONTRACT_VIOLATION');
    expect(db.version('other')).toBe(0);
    db.set('room', warm(2));
  });
});

describe('a thing of the wrong type', () => {
  test('is refused by name where a text is wanted', async () => {
    const db = database();
    const error = await thrown(() => db.schema(5 as never));
    expect(error).toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringMatching(/contract is a text/),
    });
    for (const bad of [
      () => validate(5 as never),
      () => validate(5 as never, '{}'),
      () => validate('temperature', 5 as never),
    ]) {
      expect(bad()).toMatchObject({ ok: false, error: { code: 'OPTIONS_INVALID' } });
    }
    expect(db.schema('temperature')).not.toBeNull();
  });

  test('is refused by a bridge, which goes on', async () => {
    const db = database();
    const bridge = await connected(db, new Room());
    for (const call of [
      () => bridge.query(5 as never),
      () => bridge.query('a', { limit: '3' } as never),
      () => bridge.query('a', { form: 1 } as never),
      () => bridge.query('a', 5 as never),
      () => bridge.write('a', 1, { ofline: 'queue' } as never),
      () => bridge.write('a', 1, 'queue' as never),
    ]) {
      expect(await codeOf(call)).toBe('OPTIONS_INVALID');
    }
    expect(bridge.pendingWrites).toBe(0);
    expect(await bridge.query('a', { limit: 3 })).toMatchObject({ total: 3 });
  });

  test('is refused as an option of a subscription or a database', async () => {
    const db = database({ log: ring(2) });
    const call = vi.fn();
    for (const options of [{ onlag: call }, 5, null]) {
      const error = await thrown(() => db.subscribe('log', call, options as never));
      expect([options, error.code]).toEqual([options, 'OPTIONS_INVALID']);
    }
    expect(await codeOf(() => db.subscribe('log', call, { onLag: 5 } as never))).toBe(
      'CALLBACK_INVALID',
    );
    const misspelt = await thrown(() => new WasmDb({ onEror: call } as WasmDbOptions));
    expect(misspelt).toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringMatching(/'onEror'.*onError/),
    });
    expect(await codeOf(() => new WasmDb({ onError: 5 } as never))).toBe('CALLBACK_INVALID');
  });

  test.each([{}, null, undefined, 5])('%o is no database to connect', async (db) => {
    const error = await thrown(() => WsBridge.connect(db as never, 'ws://127.0.0.1:1'));
    expect(error).toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringMatching(/WasmDb/),
    });
  });
});

interface Asked {
  readonly type: string;
  readonly id?: string;
}

describe('an answer of a server', () => {
  /** Asks, and lets the server answer with a text of the test's. */
  async function answered<T>(
    ask: (bridge: WsBridge) => Promise<T>,
    answer: (id: string) => string,
  ): Promise<T> {
    const room = new Room();
    const db = database({ room: LATEST });
    const bridge = await connected(db, room);
    await room.silence();
    const asked = ask(bridge);
    // It may be rejected while this still waits for the room.
    asked.catch(() => {});
    let id: string | undefined;
    await vi.waitFor(async () => {
      const frames = (await room.heard()).map((text) => JSON.parse(text) as Asked);
      id = frames.find(({ type }) => type === 'query' || type === 'list_topics')?.id;
      expect(id).toBeDefined();
    }, 5000);
    await room.send(answer(id as string));
    try {
      return await asked;
    } finally {
      // The engine lives.
      db.set('room', warm(1));
      expect(bridge.status()).toBe('connected');
    }
  }

  test('may be nested as deeply as JSON allows', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const result = await answered(
      (bridge) => bridge.query('a'),
      (id) =>
        `{"type":"query_result","id":"${id}","total":1,"records":[{"topic":"a","ts":1,"payload":${deep}}]}`,
    );
    expect(result.total).toBe(1);
    let part = result.records[0]?.payload as readonly unknown[];
    while (part.length > 0) {
      if (!Object.isFrozen(part)) throw new Error('not frozen');
      part = part[0] as readonly unknown[];
    }
  });

  test('that cannot be read rejects the question', async () => {
    const code = await codeOf(() =>
      answered(
        (bridge) => bridge.listTopics(),
        (id) => `{"type":"topic_list","id":"${id}","topics":[{"name":{"toString":1,"valueOf":1}}]}`,
      ),
    );
    expect(code).toBe('FRAME_INVALID');
  });
});

test('a frame beyond 8 MiB is reported as too large, and the bridge goes on', async () => {
  const room = new Room();
  const db = database();
  const bridge = await connected(db, room);
  const errors: AimDbError[] = [];
  bridge.onError((error) => errors.push(error));
  await room.send(`"${' '.repeat(8 * 1024 * 1024)}"`);
  await until(() => errors.length === 1);
  expect(errors[0]).toMatchObject({
    code: 'FRAME_TOO_LARGE',
    message: expect.stringMatching(/8388610/),
  });
  expect(await bridge.listTopics()).toHaveLength(2);
});

describe('a bridge', () => {
  test.each(['free', 'dispose'])('ends by %s as by disconnect', async (how) => {
    const db = database();
    const bridge = await connected(db, new Room());
    for (let twice = 0; twice < 2; twice++) {
      if (how === 'free') bridge.free();
      else bridge[Symbol.dispose]();
    }
    await turn();
    expect(bridge.status()).toBe('disconnected');
    expect(await codeOf(() => bridge.query('a'))).toBe('DISCONNECTED');
    expect(await codeOf(() => db.listTopics())).toBe('NO_BRIDGE');
  });

  test('shows none of the calls that only its database makes', async () => {
    const bridge = await connected(database(), new Room());
    for (const name of ['end', 'refresh', 'checkPending']) {
      expect([name, name in bridge]).toEqual([name, false]);
    }
  });
});

describe('inspect', () => {
  test('tells what a record is and has seen, frozen', async () => {
    const db = database({ log: { ...ring(2), schemaType: 'humidity' } });
    db.subscribe('log', () => {});
    for (const percent of [1, 2, 3]) db.set('log', { percent, timestamp: 1 });
    await codeOf(() => db.set('log', { percent: 101, timestamp: 1 }));
    await turn();
    const seen = db.inspect('log');
    expect(seen).toEqual({
      key: 'log',
      schemaType: 'humidity',
      version: 3,
      written: 3,
      refused: 1,
      read: 2,
      missed: 1,
      mirrored: false,
    });
    expect(Object.isFrozen(seen)).toBe(true);
    expect(await codeOf(() => db.inspect('nothing'))).toBe('UNKNOWN_RECORD');
  });

  test('says whether a bridge mirrors it', async () => {
    const db = database({ room: LATEST });
    expect(db.inspect('room').mirrored).toBe(false);
    const room = new Room();
    await room.publish('room', warm(1));
    await connected(db, room);
    await until(() => db.get('room'));
    expect(db.inspect('room').mirrored).toBe(true);
  });
});

describe('a session that is at work', () => {
  test('refuses a value that is nested too deeply, and goes on', async () => {
    const room = new Room();
    const db = database({ 'sensors.vienna': LATEST });
    const bridge = await connected(db, room);
    const errors: AimDbError[] = [];
    bridge.onError((error) => errors.push(error));
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const payload = `{"x":${deep},"celsius":"bad","timestamp":1}`;
    await room.send(`{"type":"data","topic":"sensors/vienna","payload":${payload},"ts":1}`);
    await until(() => errors.length === 1);
    expect(errors[0]?.code).toBe('CONTRACT_VIOLATION');
    await room.publish('sensors/vienna', warm(5));
    await until(() => db.get('sensors.vienna'));
    expect(db.get('sensors.vienna')).toMatchObject({ celsius: 5 });
  });

  test('takes a write that its own socket makes, and sends it afterwards', async () => {
    const room = new Room();
    const db = database({ 'sensors.vienna': LATEST });
    const sent: string[] = [];
    class Writing extends PlatformSocket {
      override send(text: string): void {
        if (sent.push(text) === 1) db.set('sensors.vienna', warm(7));
        super.send(text);
      }
    }
    const bridge = WsBridge.connect(db, room.url, { ...FOLLOW, WebSocket: Writing });
    await until(() => sent.some((text) => text.includes('"write"')));
    await until(() => bridge.pendingWrites === 0);
    expect(db.get('sensors.vienna')).toMatchObject({ celsius: 7 });
    expect(sent.filter((text) => text.includes('"write"'))).toHaveLength(1);
  });
});
