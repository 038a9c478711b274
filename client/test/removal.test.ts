/** Records that go: what their handles, subscribers, bridges and memory are left with. */
import {
  type BridgeOptions,
  type ContractFile,
  type SettledWrite,
  type WasmDb,
  WsBridge,
} from '@aimdb/wasm';
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
  warm,
} from './support/db.js';
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

describe('a removed record', () => {
  test('is gone for its database and its handles, and its key is free at once', async () => {
    const db = database({ room: LATEST, other: LATEST });
    const room = db.record('room');
    db.set('room', warm(1));
    const off = room.subscribe(() => {});
    db.removeRecord('room');
    expect(db.keys()).toEqual(['other']);
    expect([db.has('room'), db.has('other')]).toEqual([false, true]);
    const pump: ContractFile = {
      name: 'pump',
      version: 1,
      fields: [{ name: 'rpm', kind: 'f64' }],
    };
    db.configureRecord('room', { contract: pump, buffer: 'SingleLatest' });
    db.set('room', { rpm: 5 });
    const uses: Record<string, () => unknown> = {
      get: () => room.get(),
      set: () => room.set(warm(2)),
      trySet: () => room.trySet(warm(2)),
      version: () => room.version,
      history: () => room.history(),
      subscribe: () => room.subscribe(() => {}),
      onChange: () => room.onChange(() => {}),
    };
    for (const [name, use] of Object.entries(uses)) {
      expect([name, await thrown(use)]).toMatchObject([
        name,
        { code: 'RECORD_REMOVED', record: 'room' },
      ]);
    }
    off();
    expect([room.key, room.isRemoved, db.record('room').isRemoved]).toEqual(['room', true, false]);
    expect(db.get('room')).toEqual({ rpm: 5 });
    expect(db.version('room')).toBe(1);
    expect(db.keys()).toEqual(['other', 'room']);
    expect(db.inspect('room').schemaType).toBe('pump');
  });

  test('is no record for calls by key', async () => {
    const db = database({ room: LATEST });
    db.removeRecord('room');
    for (const use of [
      () => db.get('room'),
      () => db.set('room', warm(1)),
      () => db.inspect('room'),
      () => db.removeRecord('room'),
      () => db.record('room'),
    ]) {
      expect(await codeOf(use)).toBe('UNKNOWN_RECORD');
    }
  });

  test('is removed as it should be, or not at all', async () => {
    const db = database({ room: LATEST });
    const bad = [{ dependent: true }, { dependents: 1 }, 5, null];
    for (const options of bad) {
      expect(await codeOf(() => db.removeRecord('room', options as never))).toBe('OPTIONS_INVALID');
    }
    expect(db.keys()).toEqual(['room']);
    db.free();
    for (const use of [
      () => db.removeRecord('room'),
      () => db.has('room'),
      () => db.onRecords(() => {}),
    ]) {
      expect(await codeOf(use)).toBe('FREED');
    }
  });

  test('tells its subscribers what they have not heard yet, in a microtask, and then nothing', async () => {
    const db = database({ latest: LATEST, log: ring(3), mail: MAILBOX });
    const heard: unknown[] = [];
    for (const key of db.keys()) {
      const record = db.record(key);
      record.subscribe((value) => heard.push([key, ...degrees([value])]), {
        onLag: (missed) => heard.push([key, `missed ${missed}`]),
      });
      record.onChange(() => heard.push([key, 'changed', record.isRemoved]));
    }
    await turn();
    for (let at = 1; at <= 5; at++) {
      for (const key of db.keys()) db.set(key, warm(at));
    }
    for (const key of db.keys()) {
      db.removeRecord(key);
      db.configureRecord(key, LATEST);
      db.set(key, warm(9));
    }
    expect(heard).toEqual([]);
    await turn();
    expect(heard).toEqual([
      ['latest', 5],
      ['latest', 'changed', true],
      ['log', 'missed 2'],
      ['log', 3],
      ['log', 4],
      ['log', 5],
      ['log', 'changed', true],
      ['mail', 5],
      ['mail', 'changed', true],
    ]);
    for (const key of db.keys()) db.set(key, warm(10));
    await turn();
    expect(heard).toHaveLength(9);
  });

  test('gives a subscriber of the same turn its value, and one that left nothing', async () => {
    const db = database({ room: LATEST });
    db.set('room', warm(1));
    const [stays, leaves] = [vi.fn(), vi.fn()];
    db.subscribe('room', stays);
    const off = db.subscribe('room', leaves);
    db.removeRecord('room');
    off();
    await turn();
    expect([stays.mock.calls.length, leaves.mock.calls.length]).toEqual([1, 0]);
  });

  test('may go while its subscribers are told', async () => {
    for (const options of [LATEST, ring(8), MAILBOX]) {
      const db = database({ room: options });
      const heard: unknown[] = [];
      const again = () => {
        db.removeRecord('room');
        db.configureRecord('room', options);
        db.set('room', warm(7));
      };
      db.subscribe('room', (value) => {
        heard.push(...degrees([value]));
        if (db.version('room') > 1 || heard.length === 1) again();
      });
      db.subscribe('room', (value) => heard.push(...degrees([value])));
      db.record('room').onChange(() => heard.push('changed'));
      db.set('room', warm(1));
      db.set('room', warm(2));
      await turn();
      await turn();
      // Nobody listens to the new one, and what was of the old one is not its.
      expect(heard).not.toContain(7);
      expect(heard.filter((value) => value === 'changed').length).toBeGreaterThan(0);
      expect(db.get('room')).toMatchObject({ celsius: 7 });
    }
  });

  test('leaves no change to the one that takes its number', async () => {
    const db = database({ first: LATEST, second: LATEST });
    const heard: string[] = [];
    db.record('first').onChange(() => {
      heard.push('first');
      if (!db.has('second')) return;
      db.removeRecord('second');
      db.configureRecord('third', LATEST);
      db.record('third').onChange(() => heard.push('third'));
    });
    db.record('second').onChange(() => heard.push('second'));
    db.set('first', warm(1));
    db.set('second', warm(1));
    await turn();
    // Once for the change, and once for the end.
    expect(heard.filter((key) => key !== 'second')).toEqual(['first']);
    expect(heard.filter((key) => key === 'second').length).toBeGreaterThan(0);
    db.set('third', warm(1));
    await turn();
    expect(heard.at(-1)).toBe('third');
  });

  test('leaves none either when so many changed that the engine tells them in parts', async () => {
    const db = database();
    const heard = vi.fn();
    for (let at = 0; at < 600; at++) {
      db.configureRecord(`r${at}`, LATEST);
      db.subscribe(`r${at}`, () => {
        if (at > 0) return;
        db.removeRecord('r599');
        db.configureRecord('next', LATEST);
        db.record('next').onChange(heard);
      });
    }
    for (const key of db.keys()) db.set(key, warm(1));
    await turn();
    expect([db.has('next'), heard.mock.calls.length]).toEqual([true, 0]);
  });

  test('is left by its subscribers without a trace on the one that takes its number', async () => {
    const db = database({ room: LATEST });
    const offs = [db.subscribe('room', () => {}), db.record('room').onChange(() => {})];
    db.removeRecord('room');
    db.configureRecord('other', LATEST);
    const heard = vi.fn();
    db.subscribe('other', heard);
    await turn();
    for (const off of offs) off();
    db.set('other', warm(1));
    await turn();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test('takes no value whose getter removed it, nor does its successor', async () => {
    for (const options of [LATEST, { ...LATEST, unknownFields: 'refuse' } as const]) {
      const db = database({ room: options });
      // With a snapshot that is up to date, removing has nothing to read.
      db.get('room');
      const value = {
        get celsius() {
          if (db.has('room')) db.removeRecord('room');
          db.has('other') || db.configureRecord('other', LATEST);
          return 1;
        },
        timestamp: 1,
      };
      expect(await codeOf(() => db.set('room', value))).toBe('RECORD_REMOVED');
      expect(db.version('other')).toBe(0);
    }
  });

  test('is told of, with those that came, once a turn', async () => {
    const db = database();
    const heard = vi.fn();
    const off = db.onRecords(heard);
    db.configureRecord('a', LATEST);
    db.configureRecord('b', LATEST);
    db.removeRecord('a');
    expect(heard).not.toHaveBeenCalled();
    await turn();
    expect(heard).toHaveBeenCalledTimes(1);
    db.set('b', warm(1));
    await turn();
    db.removeRecord('b');
    await turn();
    expect(heard).toHaveBeenCalledTimes(2);
    off();
    db.configureRecord('a', LATEST);
    await turn();
    expect(heard).toHaveBeenCalledTimes(2);
  });
});

describe('a mirrored record that is removed', () => {
  test('has its writes settled once, with its key, and its successor is not touched', async () => {
    const room = new Room();
    const db = database({ [KEY]: { ...LATEST, offline: 'queue' } });
    const bridge = await connected(db, room);
    const settled: SettledWrite[] = [];
    bridge.onWriteSettled((write) => settled.push(write));
    db.set(KEY, warm(20));
    db.set(KEY, warm(60));
    db.removeRecord(KEY);
    expect(bridge.pendingWrites).toBe(2);
    db.configureRecord(KEY, LATEST);
    await until(() => settled.length === 2);
    await bridge.listTopics();
    expect(settled).toMatchObject([
      { key: KEY, topic: TOPIC, outcome: 'acknowledged' },
      { key: KEY, topic: TOPIC, outcome: 'refused' },
    ]);
    // What the server has, and not what the old one would have gone back to.
    await until(() => db.get(KEY));
    expect(db.get(KEY)).toMatchObject({ celsius: 20 });
    expect(bridge.pendingWrites).toBe(0);
  });

  test('has no route: what the server says of its topic goes nowhere', async () => {
    const room = new Room();
    const db = database({ [KEY]: LATEST, 'sensors.graz': LATEST });
    const bridge = await connected(db, room);
    const errors = vi.fn();
    bridge.onError(errors);
    db.set(KEY, warm(1));
    db.removeRecord(KEY);
    // Takes the number that was free.
    db.configureRecord('local', LATEST);
    await room.publish(TOPIC, warm(5));
    await room.publish('sensors/graz', warm(6));
    await until(() => db.get('sensors.graz'));
    expect(db.version('local')).toBe(0);
    expect(errors).not.toHaveBeenCalled();
    db.configureRecord(KEY, ring(4));
    await until(() => db.get(KEY));
    expect(degrees(db.history(KEY))).toEqual([5]);
  });

  test('gives its topic back: another record may have it then, and not before', async () => {
    const room = new Room();
    await room.publish('t', warm(1));
    const same = { ...LATEST, topic: 't' };
    const db = database({ one: same });
    await connected(db, room);
    await until(() => db.get('one'));
    expect(() => db.configureRecord('two', same)).toThrowError(/'t' is that of record 'one'/);
    db.removeRecord('one');
    db.configureRecord('two', same);
    await room.publish('t', warm(3));
    await until(() => degrees([db.get('two')])[0] === 3);
  });

  test('is not held any more: the server hears which contracts are left', async () => {
    const room = new Room();
    const db = database({ [KEY]: LATEST, damp: { schemaType: 'humidity', buffer: 'Mailbox' } });
    await connected(db, room);
    const held = async () => {
      const frames = (await room.heard()).map((text) => JSON.parse(text));
      const hellos = frames.filter(({ hello }) => hello?.contracts);
      return hellos.at(-1)?.hello.contracts.map(({ name }: { name: string }) => name);
    };
    await vi.waitFor(async () => expect(await held()).toEqual(['temperature', 'humidity']));
    db.removeRecord(KEY);
    await vi.waitFor(async () => expect(await held()).toEqual(['humidity']));
  });

  test('may go, and others come, in the middle of what a socket does', async () => {
    const room = new Room();
    await room.publish('late/one', warm(1));
    const db = database({ [KEY]: LATEST });
    let meanwhile: (() => void) | null = null;
    class Meddling extends PlatformSocket {
      override send(data: string): void {
        super.send(data);
        const act = meanwhile;
        meanwhile = null;
        if (data.includes('"write"')) act?.();
        else meanwhile = act;
      }
    }
    const bridge = await connected(db, room, { ...FOLLOW, WebSocket: Meddling });
    const settled: SettledWrite[] = [];
    bridge.onWriteSettled((write) => settled.push(write));
    meanwhile = () => {
      db.set(KEY, warm(2));
      db.removeRecord(KEY);
      db.configureRecord('late.one', LATEST);
      db.configureRecord('late.two', LATEST);
      db.removeRecord('late.two');
    };
    db.set(KEY, warm(1));
    expect(db.keys()).toEqual(['late.one']);
    await until(() => settled.length === 2);
    expect(settled).toMatchObject([
      { key: KEY, outcome: 'acknowledged' },
      { key: KEY, outcome: 'acknowledged' },
    ]);
    await until(() => db.get('late.one'));
    db.set('late.one', warm(3));
    await until(() => settled.length === 3);
    expect(settled[2]).toMatchObject({ key: 'late.one', outcome: 'acknowledged' });
    const writes = (await room.heard()).filter((text) => text.includes('"write"'));
    expect(writes.map((text) => JSON.parse(text).payload.celsius)).toEqual([1, 2, 3]);
  });
});

interface Inside {
  readonly views: readonly unknown[];
  readonly viewsByKey: ReadonlyMap<string, unknown>;
  readonly host: { readonly lines: ReadonlyMap<number, unknown> };
  readonly scratch: { numbers(): Float64Array };
}

/** What a database keeps for itself. */
function inside(db: WasmDb): Inside {
  const [core] = Object.getOwnPropertySymbols(db);
  return (db as unknown as Record<symbol, Inside>)[core as symbol] as Inside;
}

describe('36,000 keys that came and went', () => {
  /** The lengths of all that grows with records on this side. */
  const kept = (db: WasmDb) => {
    const { views, viewsByKey, host } = inside(db);
    return [views.length, viewsByKey.size, host.lines.size];
  };
  /** How many bytes the engine has. */
  const memory = (db: WasmDb) => inside(db).scratch.numbers().buffer.byteLength;

  test.each(['one after the other', 'all at once'])(
    'leave nothing behind: %s',
    async (how) => {
      const db = database({ stays: LATEST });
      const room = new Room();
      await connected(db, room);
      const before = kept(db);
      const step = how === 'all at once' ? 36_000 : 1;
      // Each time others, so that nothing that was kept of a key serves it again.
      const pass = (name: string) => {
        for (let at = 0; at < 36_000; at += step) {
          const keys = Array.from({ length: step }, (_, of) => `${name}${at + of}`);
          for (const key of keys) {
            db.configureRecord(key, LATEST);
            db.subscribe(key, () => {});
            db.record(key).onChange(() => {});
          }
          for (const key of keys) db.removeRecord(key);
        }
      };
      pass('first');
      await turn();
      expect(kept(db)).toEqual(before);
      // What one pass gave back serves the next. A table of all the keys is one piece of memory, and the first passes
      // may find none of its size where smaller ones lay; then nothing grows any more, and what is kept of each record would.
      let still = 0;
      for (let again = 0; still < 4 && again < 40; again++) {
        const grown = memory(db);
        pass(`pass${again}`);
        await turn();
        still = memory(db) === grown ? still + 1 : 0;
      }
      expect(still).toBe(4);
      expect(kept(db)).toEqual(before);
      db.set('stays', warm(1));
      expect(db.inspect('stays').version).toBe(1);
    },
    60_000,
  );
});
