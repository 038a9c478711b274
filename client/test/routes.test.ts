/**
 * Which record a topic is and which bridge a record belongs to, while records, patterns and bridges come and go: random
 * programs beside a model that compares every pattern with every topic. A failure prints its seed.
 */
import { type BridgeOptions, type WasmDb, type WebSocketConstructor, WsBridge } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import { selector } from '../src/bridge/adopt.js';
import { freshDatabases, LATEST, turn, warm } from './support/db.js';

const database = freshDatabases();

const LEVELS = ['a', 'b', 'a-', 'ab', ''];
const STEPS = 150;
const CELSIUS_MAX = 50;

/** A small generator, so that a failing seed can be run again. */
function random(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** The comparison that needs no index. */
function matches(pattern: string, topic: string): boolean {
  const levels = topic.split('/');
  const wanted = pattern.split('/');
  for (const [at, want] of wanted.entries()) {
    if (want === '#') return true;
    if (levels[at] === undefined || (want !== '*' && want !== levels[at])) return false;
  }
  return levels.length === wanted.length;
}

/** A text of levels, of wildcards too if it may be a pattern. */
function text(next: (below: number) => number, isPattern: boolean): string {
  const levels = Array.from({ length: 1 + next(3) }, () =>
    isPattern && next(3) === 0 ? '*' : (LEVELS[next(LEVELS.length)] as string),
  );
  if (isPattern && next(4) === 0) levels[levels.length - 1] = '#';
  const made = levels.join('/');
  return made === '' ? 'a' : made;
}

/** A socket within the test that notes what is sent, and acknowledges writes. */
class Line extends EventTarget {
  static newest: Line;
  readyState = 0;
  heard: string[] = [];

  constructor() {
    super();
    Line.newest = this;
  }
  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
    this.say({ type: 'pong', hello: { v: 3, server: 'test', contracts: [] } });
  }
  say(frame: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
  }
  send(data: string): void {
    const { type, id, topic, topics } = JSON.parse(data);
    if (type === 'write') queueMicrotask(() => this.say({ type: 'ack', id }));
    if (type !== 'ping') this.heard.push(`${type} ${topic ?? topics.join(' ')}`);
  }
  close(): void {
    this.readyState = 3;
  }
}

/** A bridge, and what the model knows of it. */
interface Session {
  readonly bridge: WsBridge;
  readonly line: Line;
  patterns: string[];
  /** The key of the record of each topic. */
  readonly routes: Map<string, string>;
  missed: string[];
  expected: string[];
}

function follows(session: Session | undefined, topic: string): boolean {
  return session?.patterns.some((pattern) => matches(pattern, topic)) ?? false;
}

class Program {
  readonly #next: (below: number) => number;
  readonly #db: WasmDb;
  readonly #sessions: (Session | undefined)[] = [];
  /** The topic of each record, in the order of configuration, and its value. */
  readonly #records = new Map<string, string>();
  readonly #values = new Map<string, number>();
  #count = 0;
  #seq = 0;
  /** What happened, so that a program that does nothing is none. */
  readonly done = { written: 0, delivered: 0, refreshed: 0, changedHands: 0, refused: 0 };

  constructor(seed: number) {
    this.#next = random(seed);
    this.#db = database();
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      const before = [...this.#records.keys()].map((key) => this.#owner(key));
      this.#step();
      const after = [...this.#records.keys()].map((key) => this.#owner(key));
      if (before.some((owner, at) => owner !== after[at])) this.done.changedHands += 1;
      await turn();
      this.#compare();
    }
  }

  #step(): void {
    const next = this.#next;
    const sessions = this.#sessions.filter((session) => session !== undefined);
    const session = sessions[next(sessions.length)];
    const key = [...this.#records.keys()][next(this.#records.size)];
    const choice = next(20);
    if (session === undefined || (choice === 0 && sessions.length < 3)) this.#connect();
    else if (choice === 1) this.#disconnect(session);
    else if (choice < 5) this.#subscribe(session, this.#patterns());
    else if (choice < 8) this.#unsubscribe(session);
    else if (key === undefined || choice < 12) this.#configure();
    else if (choice === 12) this.#remove(key);
    else if (choice < 16) this.#write(key);
    else this.#deliver(session);
  }

  #patterns(): string[] {
    return Array.from({ length: 1 + this.#next(3) }, () => text(this.#next, true));
  }

  #connect(): void {
    const patterns = this.#patterns();
    const options: BridgeOptions = {
      subscribeTopics: patterns,
      WebSocket: Line as unknown as WebSocketConstructor,
    };
    const bridge = WsBridge.connect(this.#db, 'ws://127.0.0.1/ws', options);
    const session: Session = {
      bridge,
      line: Line.newest,
      patterns: [...new Set(patterns)],
      routes: new Map(),
      missed: [],
      expected: [`subscribe ${[...new Set(patterns)].join(' ')}`],
    };
    const free = this.#sessions.indexOf(undefined);
    this.#sessions[free < 0 ? this.#sessions.length : free] = session;
    this.#bindAll();
    session.missed = [];
    session.line.open();
  }

  #disconnect(session: Session): void {
    session.bridge.disconnect();
    this.#sessions[this.#sessions.indexOf(session)] = undefined;
    this.#bindAll();
  }

  #subscribe(session: Session, patterns: string[]): void {
    session.bridge.subscribe(patterns);
    session.patterns = [...new Set([...session.patterns, ...patterns])];
    session.expected.push(`subscribe ${[...new Set(patterns)].join(' ')}`);
    this.#bindAll();
    session.missed = [];
  }

  #unsubscribe(session: Session): void {
    const asked = [...session.patterns, ...this.#patterns()].filter(() => this.#next(3) === 0);
    session.bridge.unsubscribe(asked);
    const left = [...new Set(asked)].filter((pattern) => session.patterns.includes(pattern));
    session.patterns = session.patterns.filter((pattern) => !left.includes(pattern));
    if (left.length > 0) session.expected.push(`unsubscribe ${left.join(' ')}`);
    this.#bindAll();
    session.missed = [];
  }

  #configure(): void {
    const topic = text(this.#next, false);
    const key = `record${this.#count++}`;
    if ([...this.#records.values()].includes(topic)) {
      expect(() => this.#db.configureRecord(key, { ...LATEST, topic })).toThrowError(
        expect.objectContaining({ code: 'TOPIC_TAKEN' }),
      );
      this.done.refused += 1;
      return;
    }
    this.#db.configureRecord(key, { ...LATEST, topic });
    this.#records.set(key, topic);
    this.#bind(key, topic);
  }

  #remove(key: string): void {
    this.#db.removeRecord(key);
    const topic = this.#records.get(key) as string;
    this.#records.delete(key);
    for (const session of this.#sessions) session?.routes.delete(topic);
  }

  #bindAll(): void {
    for (const [key, topic] of this.#records) this.#bind(key, topic);
  }

  #bind(key: string, topic: string): void {
    for (const session of this.#sessions) {
      if (session === undefined) continue;
      const first = session.patterns.find((pattern) => matches(pattern, topic));
      const known = session.routes.get(topic);
      if (first !== undefined && known === undefined && !session.missed.includes(first)) {
        session.missed.push(first);
      }
      session.routes.set(topic, key);
    }
  }

  /** The first bridge that follows a record's topic, else the first: the topic was given to the record. */
  #owner(key: string): Session | undefined {
    const topic = this.#records.get(key) as string;
    const following = this.#sessions.find((session) => follows(session, topic));
    return following ?? this.#sessions.find((session) => session !== undefined);
  }

  #write(key: string): void {
    const celsius = this.#next(CELSIUS_MAX);
    this.#db.set(key, warm(celsius));
    this.#values.set(key, celsius);
    this.#owner(key)?.expected.push(`write ${this.#records.get(key)}`);
    this.done.written += this.#owner(key) ? 1 : 0;
  }

  #deliver(session: Session): void {
    const known = [...session.routes.keys()];
    const topic = known[this.#next(known.length)] ?? text(this.#next, false);
    const celsius = this.#next(CELSIUS_MAX);
    this.#seq += 1;
    session.line.say({ type: 'data', topic, payload: warm(celsius), ts: 1, seq: this.#seq });
    const key = session.routes.get(topic);
    if (key === undefined || this.#owner(key) !== session || !follows(session, topic)) return;
    this.#values.set(key, celsius);
    this.done.delivered += 1;
  }

  #compare(): void {
    for (const session of this.#sessions) {
      if (session === undefined) continue;
      if (session.missed.length > 0) {
        session.expected.push(`subscribe ${session.missed.join(' ')}`);
        session.missed = [];
        this.done.refreshed += 1;
      }
      expect(session.line.heard).toEqual(session.expected);
      session.line.heard = [];
      session.expected = [];
    }
    for (const key of this.#records.keys()) {
      const value = this.#db.get(key) as { celsius: number } | null;
      expect([key, value?.celsius]).toEqual([key, this.#values.get(key)]);
      const isMirrored = this.#owner(key) !== undefined;
      expect([key, this.#db.inspect(key).mirrored]).toEqual([key, isMirrored]);
    }
  }
}

// Twelve programs: on a machine that does something else too they take more than five seconds.
test('each topic finds the record, and each record the bridge, that comparing all patterns finds', {
  timeout: 30_000,
}, async () => {
  const all = { written: 0, delivered: 0, refreshed: 0, changedHands: 0, refused: 0 };
  for (let seed = 1; seed <= 12; seed++) {
    const program = new Program(seed);
    try {
      await program.run();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    for (const name of Object.keys(all) as (keyof typeof all)[]) all[name] += program.done[name];
  }
  for (const count of Object.values(all)) expect(count).toBeGreaterThan(50);
});

test('a topic is adopted when comparing it with each pattern says so', () => {
  let selected = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const next = random(seed);
    const patterns = Array.from({ length: next(6) }, () => text(next, true));
    const selects = selector(patterns);
    for (let round = 0; round < 40; round++) {
      // A server may name a topic as it likes, with wildcards too.
      const topic = text(next, next(4) === 0);
      const isSelected = patterns.some((pattern) => matches(pattern, topic));
      expect([seed, topic, patterns, selects(topic)]).toEqual([seed, topic, patterns, isSelected]);
      selected += isSelected ? 1 : 0;
    }
  }
  expect(selected).toBeGreaterThan(1_000);
  const deep = Array.from({ length: 32 }, () => '*').join('/');
  expect(selector([deep])(`${deep}/*`)).toBe(false);
});
