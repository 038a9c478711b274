/** Bridges over sockets that a test makes: what other ends and applications do that nobody hopes for. */
import {
  type AimDbError,
  type BridgeOptions,
  type SettledWrite,
  type WasmDb,
  type WebSocketConstructor,
  WsBridge,
} from '@aimdb/wasm';
import { beforeEach, expect, test, vi } from 'vitest';
import { freshDatabases, LATEST, ring, thrown, turn, warm } from './support/db.js';

const database = freshDatabases();
const KEY = 'sensors.vienna';
const TOPIC = 'sensors/vienna';

interface Write {
  readonly id: number;
  readonly topic: string;
  readonly payload: { readonly celsius: number };
}

/** A socket whose other end does what the test says. */
class Line extends EventTarget {
  static all: Line[] = [];
  /** What happens in the middle of each `send`. */
  static meanwhile: (data: string) => void = () => {};
  binaryType = '';
  readonly sent: string[] = [];

  constructor() {
    super();
    Line.all.push(this);
  }
  static get newest(): Line {
    return Line.all.at(-1) as Line;
  }
  get writes(): Write[] {
    return this.sent.map((text) => JSON.parse(text)).filter(({ type }) => type === 'write');
  }
  open(limits?: object): void {
    this.dispatchEvent(new Event('open'));
    this.say({ type: 'pong', hello: { v: 4, server: 'one', contracts: [], limits } });
  }
  say(frame: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
  }
  send(data: string): void {
    this.sent.push(data);
    Line.meanwhile(data);
  }
  end(code: number, reason = 'no'): void {
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason }));
  }
  close(): void {}
}

beforeEach(() => {
  Line.all = [];
  Line.meanwhile = () => {};
});

interface Told {
  readonly bridge: WsBridge;
  readonly settled: SettledWrite[];
  readonly errors: AimDbError[];
}

function connect(db: WasmDb, options: BridgeOptions = {}): Told {
  const bridge = WsBridge.connect(db, 'ws://127.0.0.1/ws', {
    subscribeTopics: ['sensors/#'],
    backoffMinMs: 1,
    backoffMaxMs: 1,
    WebSocket: Line as unknown as WebSocketConstructor,
    ...options,
  });
  const told: Told = { bridge, settled: [], errors: [] };
  bridge.onWriteSettled((write) => told.settled.push(write));
  bridge.onError((error) => told.errors.push(error));
  return told;
}

test('a write that the other end closes at is given up with the reason, and the next goes through', async () => {
  const db = database({ [KEY]: ring(8) });
  const { settled } = connect(db);
  Line.newest.open();
  db.set(KEY, warm(1));
  for (let closed = 1; closed <= 3; closed++) {
    const line = Line.newest;
    line.end(1009, 'too large');
    await vi.waitFor(() => expect(Line.newest).not.toBe(line));
    Line.newest.open();
    await turn();
  }
  expect(settled).toMatchObject([
    { outcome: 'unknown', reason: 'closed_by_server', closeCode: 1009, message: 'too large' },
  ]);
  db.set(KEY, warm(2));
  expect(Line.newest.writes.map(({ payload }) => payload.celsius)).toEqual([2]);
});

test('connected is said once the server has answered', async () => {
  const db = database({ [KEY]: LATEST });
  const { bridge } = connect(db);
  Line.newest.dispatchEvent(new Event('open'));
  Line.newest.say({ type: 'error', code: 'SERVER_ERROR', message: 'full' });
  await turn();
  expect(bridge.status()).toBe('connecting');
  Line.newest.say({ type: 'pong' });
  await turn();
  expect(bridge.status()).toBe('connected');
});

test('no more goes out than the server says it takes', async () => {
  const db = database({ [KEY]: ring(400) });
  connect(db);
  Line.newest.open({
    message_bytes: 65_536,
    frames_per_second: 40,
    frames_burst: 80,
    subscriptions: 256,
    writes_pending: 256,
  });
  const start = performance.now();
  for (let at = 0; at < 301; at++) db.set(KEY, warm(at));
  // Three quarters of eighty, less what hello and the subscription cost, and of forty for each second that this took.
  const more = Math.ceil(((performance.now() - start) / 1000) * 30);
  expect(Line.newest.writes.length).toBeGreaterThan(50);
  expect(Line.newest.writes.length).toBeLessThanOrEqual(60 + more);
});

test('1,100 values of one turn are in a ring once, whatever the queue may hold', async () => {
  const db = database({ [KEY]: ring(4_096) });
  const { bridge } = connect(db, { maxOfflineQueue: 5_000 });
  for (let at = 0; at < 1_100; at++) db.set(KEY, warm(at));
  Line.newest.open({
    message_bytes: 65_536,
    frames_per_second: 1e6,
    frames_burst: 1e6,
    subscriptions: 256,
    writes_pending: 1e6,
  });
  const seen = new Set<number>();
  let seq = 0;
  await vi.waitFor(
    () => {
      for (const { id, payload } of Line.newest.writes.filter((write) => !seen.has(write.id))) {
        seen.add(id);
        seq += 1;
        Line.newest.say({ type: 'ack', id });
        Line.newest.say({ type: 'data', topic: TOPIC, payload, ts: 1, seq, by: id });
      }
      expect(bridge.pendingWrites).toBe(0);
    },
    { timeout: 20_000, interval: 5 },
  );
  expect(db.history(KEY)).toHaveLength(1_100);
}, 30_000);

test('what is written in the middle of a send arrives as it was written, in order', async () => {
  const db = database({ [KEY]: ring(8) });
  connect(db);
  Line.newest.open();
  Line.meanwhile = (data) => {
    if (!data.includes('"write"')) return;
    Line.meanwhile = () => {};
    db.set(KEY, warm(2));
    db.set(KEY, warm(3));
  };
  db.set(KEY, warm(1));
  expect(Line.newest.writes.map(({ payload }) => payload.celsius)).toEqual([1, 2, 3]);
});

test.each<[string, (told: Told) => void]>([
  ['subscribes', ({ bridge }) => bridge.subscribe(['other/#'])],
  ['asks', ({ bridge }) => void bridge.listTopics().catch(() => {})],
  ['disconnects', ({ bridge }) => bridge.disconnect()],
  ['writes', ({ bridge }) => bridge.write('other', 1)],
])(
  'an application that %s in the middle of a send is heard, and the engine goes on',
  async (_, act) => {
    const db = database({ [KEY]: LATEST });
    const told = connect(db);
    Line.newest.open();
    Line.meanwhile = (data) => {
      if (!data.includes('"write"')) return;
      Line.meanwhile = () => {};
      act(told);
    };
    db.set(KEY, warm(1));
    await turn();
    db.set(KEY, warm(2));
    expect(db.get(KEY)).toMatchObject({ celsius: 2 });
    expect(told.errors).toEqual([]);
  },
);

test('a refusal keeps record, path, expected, got and code', async () => {
  const db = database({ [KEY]: LATEST });
  const { settled } = connect(db);
  Line.newest.open();
  db.set(KEY, warm(1));
  const [write] = Line.newest.writes;
  Line.newest.say({
    type: 'error',
    code: 'WRITE_ERROR',
    topic: TOPIC,
    message: 'celsius: expected at most 0, got 1',
    id: write?.id,
    reason: 'contract_violation',
    violation: 'range',
    path: 'celsius',
    expected: 'at most 0',
    got: '1',
  });
  await turn();
  expect(settled).toEqual([
    {
      write: write?.id,
      topic: TOPIC,
      key: KEY,
      outcome: 'refused',
      code: 'WRITE_ERROR',
      reason: 'contract_violation',
      message: 'celsius: expected at most 0, got 1',
      violation: 'range',
      path: 'celsius',
      expected: 'at most 0',
      got: '1',
    },
  ]);
  expect(db.get(KEY)).toBeNull();
});

test('a write that no bridge takes is told once, and one that was given a topic is sent', async () => {
  const db = database({
    mine: LATEST,
    quiet: { ...LATEST, truth: 'local' },
    given: { ...LATEST, topic: 'elsewhere/x' },
    here: LATEST,
    forced: { ...LATEST, truth: 'mirror' },
  });
  const { errors } = connect(db, { topics: { here: 'given/here' } });
  Line.newest.open();
  for (const key of ['mine', 'mine', 'quiet', 'given', 'here', 'forced']) db.set(key, warm(1));
  await turn();
  expect(errors).toMatchObject([{ code: 'WRITE_NOT_SENT', record: 'mine' }]);
  expect(Line.newest.writes.map(({ topic }) => topic)).toEqual([
    'elsewhere/x',
    'given/here',
    'forced',
  ]);
});

test('what was written before the bridge began, and after its pattern was left, is told', async () => {
  const db = database({ [KEY]: LATEST, 'sensors.graz': LATEST });
  db.set(KEY, warm(1));
  const { bridge, errors } = connect(db);
  Line.newest.open();
  await turn();
  expect(errors).toMatchObject([{ code: 'WRITE_NOT_SENT', record: KEY }]);
  db.set('sensors.graz', warm(2));
  expect(Line.newest.writes).toHaveLength(1);
  bridge.unsubscribe(['sensors/#']);
  db.set('sensors.graz', warm(3));
  await turn();
  expect(errors[1]).toMatchObject({ code: 'WRITE_NOT_SENT', record: 'sensors.graz' });
  expect(errors).toHaveLength(2);
});

test('two keys with one topic are refused where the second one comes from', async () => {
  const db = database({ 'a.b': LATEST, own: { ...LATEST, topic: 'x/y' } });
  const taken = (key: string, topic?: string) =>
    thrown(() => db.configureRecord(key, { ...LATEST, topic }));
  for (const [key, topic] of [
    ['a/b', undefined],
    ['other', 'a/b'],
    ['x.y', undefined],
    ['x/y', undefined],
    ['other', 'x/y'],
  ] as const) {
    expect(await taken(key, topic)).toMatchObject({ code: 'TOPIC_TAKEN' });
    expect(db.keys()).toEqual(['a.b', 'own']);
  }
  const bridge = () => connect(db, { topics: { own: 'a/b' } });
  expect(await thrown(bridge)).toMatchObject({ code: 'TOPIC_TAKEN' });
  // A record that never leaves the tab is in nobody's way.
  db.configureRecord('a/b', { ...LATEST, truth: 'local' });
  // Nor does one take a topic from who has it, or give it away.
  db.configureRecord('apart', { ...LATEST, topic: 'x/y', truth: 'local' });
  db.removeRecord('apart');
  expect(await taken('other', 'x/y')).toMatchObject({ code: 'TOPIC_TAKEN' });
  db.configureRecord('first', { ...LATEST, topic: 'z', truth: 'local' });
  db.configureRecord('second', { ...LATEST, topic: 'z' });
});

test('a socket class that tells nothing is a connection that failed, and the database closes as ever', async () => {
  const db = database({ [KEY]: LATEST });
  class Deaf {
    send(): void {}
    close(): void {}
  }
  const { bridge, errors } = connect(db, { WebSocket: Deaf as unknown as WebSocketConstructor });
  await turn();
  await vi.waitFor(() => expect(errors).toMatchObject([{ code: 'CONNECT_FAILED' }]));
  expect(bridge.status()).toBe('reconnecting');
  db.set(KEY, warm(1));
  expect(db.get(KEY)).toMatchObject({ celsius: 1 });
  bridge.disconnect();
});
