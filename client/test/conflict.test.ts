/** Records whose writes do not simply win: what is sent, what is told, and what is refused as an option. */
import {
  type AimDbError,
  type BridgeOptions,
  type RecordOptions,
  type SettledWrite,
  type StorageChange,
  type StoredWrite,
  type WasmDb,
  type WebSocketConstructor,
  WsBridge,
} from '@aimdb/wasm';
import { describe, expect, test, vi } from 'vitest';
import { freshDatabases, LATEST, ring, thrown, turn, warm } from './support/db.js';

const database = freshDatabases();
const KEY = 'sensors.dial';
const TOPIC = 'sensors/dial';

/** A socket whose other end does what the test says. */
class Line extends EventTarget {
  static newest: Line;
  binaryType = '';
  readonly sent: string[] = [];

  constructor() {
    super();
    Line.newest = this;
  }
  /** Of each write that was sent its number and its condition. */
  get conditions(): object[] {
    const writes = this.sent.map((text) => JSON.parse(text)).filter(({ type }) => type === 'write');
    return writes.map(({ type: _, topic: __, payload: ___, after: ____, ...rest }) => rest);
  }
  open(v = 6): void {
    this.dispatchEvent(new Event('open'));
    this.say({ type: 'pong', hello: { v, server: 'one', contracts: [] } });
  }
  say(frame: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
  }
  value(celsius: number, seq: number): void {
    this.say({ type: 'data', topic: TOPIC, payload: warm(celsius), ts: 1, seq });
  }
  lost(id: number, won: object): void {
    const about = { code: 'WRITE_ERROR', message: 'no', topic: TOPIC, reason: 'superseded' };
    this.say({ type: 'error', id, ...about, ...won });
  }
  send(data: string): void {
    this.sent.push(data);
  }
  close(): void {}
}

function connect(db: WasmDb, options: BridgeOptions = {}) {
  const bridge = WsBridge.connect(db, 'ws://127.0.0.1/ws', {
    subscribeTopics: ['sensors/#'],
    backoffMinMs: 1,
    backoffMaxMs: 1,
    WebSocket: Line as unknown as WebSocketConstructor,
    ...options,
  });
  const settled: SettledWrite[] = [];
  const errors: AimDbError[] = [];
  bridge.onWriteSettled((write) => settled.push(write));
  bridge.onError((error) => errors.push(error));
  return { bridge, settled, errors };
}

const dial = (conflict: RecordOptions['conflict'], offline?: RecordOptions['offline']) =>
  database({ [KEY]: { ...LATEST, conflict, offline } });

test('who lost hears of the value that won, and the record shows it', async () => {
  const db = dial('ifUnchanged');
  const { settled } = connect(db);
  Line.newest.open();
  Line.newest.value(20, 7);
  db.set(KEY, warm(10));
  expect(Line.newest.conditions).toEqual([{ id: 1, base: 7 }]);
  Line.newest.lost(1, { value: warm(30), seq: 8 });
  expect(db.get(KEY)).toMatchObject({ celsius: 30 });
  await turn();
  expect(settled).toMatchObject([
    { outcome: 'refused', reason: 'superseded', winner: warm(30), winnerSeq: 8 },
  ]);
  expect(Object.isFrozen(settled[0]?.winner)).toBe(true);
  // It comes by itself as well, and is no news.
  const version = db.version(KEY);
  Line.newest.value(30, 8);
  expect(db.version(KEY)).toBe(version);
  db.set(KEY, warm(31));
  expect(Line.newest.conditions.at(-1)).toEqual({ id: 2, base: 8 });
});

test('without a value there is none, and one that breaks the contract is not shown', async () => {
  const db = dial('ifUnchanged');
  const { settled } = connect(db);
  Line.newest.open();
  Line.newest.value(20, 7);
  db.set(KEY, warm(10));
  Line.newest.lost(1, {});
  expect(db.get(KEY)).toMatchObject({ celsius: 20 });
  db.set(KEY, warm(11));
  Line.newest.lost(2, { value: { celsius: 'hot' }, seq: 8 });
  expect(db.get(KEY)).toMatchObject({ celsius: 20 });
  await turn();
  expect(settled[0]).not.toHaveProperty('winner');
  expect(settled[1]).toMatchObject({ winner: { celsius: 'hot' } });
});

test('a time decides, and offline writes build upon each other', () => {
  const newer = dial({ ifNewer: 'timestamp' });
  connect(newer);
  Line.newest.open();
  newer.set(KEY, warm(10));
  expect(Line.newest.conditions).toEqual([{ id: 1, newer: 'timestamp' }]);
  const chain = dial('ifUnchanged', 'queue');
  connect(chain);
  chain.set(KEY, warm(1));
  chain.set(KEY, warm(2));
  Line.newest.open();
  expect(Line.newest.conditions).toEqual([
    { id: 1, base: 0 },
    { id: 2, onto: 1 },
  ]);
});

test('a server that does not judge is told of once a record, and gets no write', async () => {
  const db = dial('ifUnchanged');
  const { settled, errors } = connect(db);
  Line.newest.open(5);
  Line.newest.value(20, 7);
  db.set(KEY, warm(10));
  db.set(KEY, warm(11));
  await turn();
  expect(Line.newest.conditions).toEqual([]);
  expect(db.get(KEY)).toMatchObject({ celsius: 20 });
  const dropped = { outcome: 'dropped', reason: 'conflict_unsupported', key: KEY };
  expect(settled).toMatchObject([dropped, dropped]);
  expect(errors).toMatchObject([{ code: 'CONFLICT_UNSUPPORTED', record: KEY }]);
});

test('what a device keeps says what it was written over, and is sent so by the next run', async () => {
  const kept = new Map<number, StoredWrite>();
  const keep = async (changes: readonly StorageChange[]) => {
    for (const change of changes) {
      if ('put' in change) kept.set(change.put.write, change.put);
      else if ('remove' in change) kept.delete(change.remove);
    }
  };
  const storage = (writes: readonly StoredWrite[]) => ({
    client: 'device',
    epoch: 1,
    nextWrite: writes.length + 1,
    writes,
    keep,
  });
  const first = dial('ifUnchanged', 'queue');
  const { bridge } = connect(first, { storage: storage([]) });
  Line.newest.open();
  Line.newest.value(20, 7);
  Line.newest.dispatchEvent(Object.assign(new Event('close'), { code: 1006, reason: '' }));
  first.set(KEY, warm(10));
  first.set(KEY, warm(11));
  await vi.waitFor(() => expect(kept.size).toBe(2));
  bridge.disconnect();
  const writes = [...kept.values()];
  expect(writes).toMatchObject([{ base: 7, server: 'one' }, { onto: 1 }]);
  const next = dial('ifUnchanged', 'queue');
  connect(next, { storage: storage(writes) });
  expect(next.get(KEY)).toMatchObject({ celsius: 11 });
  Line.newest.open();
  await vi.waitFor(() =>
    expect(Line.newest.conditions).toEqual([
      { id: 1, base: 7 },
      { id: 2, onto: 1 },
    ]),
  );
});

test('a write over a value from the device names it, and one over a value of another instance is over none', async () => {
  const storage = (server: string) => ({
    client: 'device',
    epoch: 1,
    nextWrite: 1,
    writes: [],
    keep: async () => {},
    values: {
      server: 'one',
      get: (key: string) => ({ key, values: [warm(20)], seq: 7, server }),
      watch: () => () => {},
    },
  });
  const conditionsOver = async (server: string) => {
    const db = dial('ifUnchanged');
    connect(db, { storage: storage(server) });
    expect(db.get(KEY)).toMatchObject({ celsius: 20 });
    db.set(KEY, warm(10));
    Line.newest.open();
    await vi.waitFor(() => expect(Line.newest.conditions.length).toBe(1));
    return Line.newest.conditions;
  };
  expect(await conditionsOver('one')).toEqual([{ id: 1, base: 7 }]);
  expect(await conditionsOver('before')).toEqual([{ id: 1, base: 0, server: '' }]);
});

test('a value from the device is confirmed by the same one from the server', async () => {
  const db = dial('ifUnchanged');
  const values = {
    server: 'one',
    get: (key: string) => ({ key, values: [warm(20)], seq: 7, server: 'one' }),
    watch: () => () => {},
  };
  const kept = {
    client: 'device',
    epoch: 1,
    nextWrite: 1,
    writes: [],
    keep: async () => {},
    values,
  };
  connect(db, { storage: kept });
  expect(db.freshness(KEY)).toBe('restored');
  Line.newest.open();
  Line.newest.value(20, 7);
  expect(db.freshness(KEY)).toBe('fresh');
  Line.newest.dispatchEvent(Object.assign(new Event('close'), { code: 1006, reason: '' }));
  expect(db.freshness(KEY)).toMatchObject({ offlineSince: expect.any(Number) });
});

describe('a policy that would do nothing is refused, and nothing is configured', () => {
  const base = { schemaType: 'temperature', buffer: 'SingleLatest' } as const;
  const cases: [string, object, RegExp][] = [
    ['another word', { ...base, conflict: 'first' }, /conflict must be/],
    ['no field', { ...base, conflict: { ifNewer: 5 } }, /ifNewer must be/],
    ['a stray name', { ...base, conflict: { ifNewer: 'timestamp', by: 1 } }, /conflict must be/],
    ['a field that is not there', { ...base, conflict: { ifNewer: 'at' } }, /no field 'at'/],
    ['a ring', { ...ring(2), conflict: 'ifUnchanged' }, /ring or a mailbox/],
    ['a mailbox', { ...base, buffer: 'Mailbox', conflict: 'ifUnchanged' }, /ring or a mailbox/],
    ['a local record', { ...base, truth: 'local', conflict: 'ifUnchanged' }, /local/],
  ];
  test.each(cases)('%s', async (_, options, words) => {
    const db = database();
    const error = await thrown(() => db.configureRecord('room', options as RecordOptions));
    expect(error.code).toBe('OPTIONS_INVALID');
    expect(error.message).toMatch(words);
    expect(db.keys()).toEqual([]);
  });

  test('what says nothing new is taken', () => {
    const db = database();
    db.configureRecord('room', { ...ring(2), conflict: 'last' });
    db.configureRecord('text', { ...base, conflict: undefined });
    expect(db.keys()).toEqual(['room', 'text']);
  });
});
