/**
 * What is measured: ours, an honest floor, and the stores and validators that people use today. Values change with every write.
 *
 * The floor does what ours does and nothing else, written by hand for the one contract: it checks, keeps the fields apart from the
 * value that it was given, tells once a turn and gives each subscriber one frozen object. Values and frames are made before
 * anything is timed. Peers are used as their documentation shows: they tell at every write and freeze nothing.
 */
import init, { WasmDb, WsBridge } from '@aimdb/wasm';
import { z } from 'zod';
import { createZustandStore as createStore, proxy, subscribeProxy } from '../out/peers.mjs';

await init();

const KEY = 'sensors.temperature.vienna';
const TOPIC = 'sensors/temperature/vienna';
/** So many values are made before; a power of two. */
const MADE = 1024;

const isFiniteNumber = (value) => typeof value === 'number' && value - value === 0;
const isText = (value) => typeof value === 'string' && value.length <= 16_384;
const isObject = (value) => typeof value === 'object' && value !== null;

/** A contract, its hand-written floor, and values of it: never the one before. */
const TEMPERATURE = {
  contract: { schemaType: 'temperature' },
  value: (count) => ({ celsius: 20 + (count % 100) / 10, timestamp: 1.79e12 + count }),
  isOne: (value) =>
    isObject(value) && isFiniteNumber(value.celsius) && isFiniteNumber(value.timestamp),
  /** Takes the fields out of a value. */
  keep(record, value) {
    record.celsius = value.celsius;
    record.timestamp = value.timestamp;
  },
  frozen: ({ celsius, timestamp }) => Object.freeze({ schema_version: 2, celsius, timestamp }),
  schema: z.object({ celsius: z.number(), timestamp: z.number() }),
};

const NUMBERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'timestamp'];
const TEXTS = ['unit', 'place', 'note'];

/** Twelve fields, three of them text; `length` characters in the longest. */
function twelve(length) {
  // A literal: what is put together from entries is slower to read, for all sides.
  const value = (count) => ({
    a: count,
    b: count + 0.125,
    c: count + 0.25,
    d: count + 0.375,
    e: count + 0.5,
    f: count + 0.625,
    g: count + 0.75,
    h: count + 0.875,
    timestamp: 1.79e12 + count,
    unit: count % 2 ? 'kPa' : 'bar',
    place: `hall ${count % 32}`,
    note: String(count % 10).repeat(length),
  });
  return {
    contract: {
      contract: {
        name: 'twelve',
        version: 1,
        fields: [
          ...NUMBERS.map((name) => ({ name, kind: 'f64' })),
          ...TEXTS.map((name) => ({ name, kind: 'text' })),
        ],
      },
    },
    value,
    isOne: (value) =>
      isObject(value) &&
      isFiniteNumber(value.a) &&
      isFiniteNumber(value.b) &&
      isFiniteNumber(value.c) &&
      isFiniteNumber(value.d) &&
      isFiniteNumber(value.e) &&
      isFiniteNumber(value.f) &&
      isFiniteNumber(value.g) &&
      isFiniteNumber(value.h) &&
      isFiniteNumber(value.timestamp) &&
      isText(value.unit) &&
      isText(value.place) &&
      isText(value.note),
    keep(record, value) {
      const { a, b, c, d, e, f, g, h, timestamp, unit, place, note } = value;
      record.kept = { a, b, c, d, e, f, g, h, timestamp, unit, place, note };
    },
    frozen: ({ kept }) => Object.freeze(kept),
    schema: z.object({
      ...Object.fromEntries(NUMBERS.map((name) => [name, z.number()])),
      ...Object.fromEntries(TEXTS.map((name) => [name, z.string().max(16_384)])),
    }),
  };
}

const FLOOR = 'hand check + Map, told once a turn';

/** A Map of records with arrays of callbacks: nothing does less and gives the same. */
function floorStore({ isOne, keep, frozen }, subscribers) {
  const records = new Map([[KEY, { isChanged: false, subscribers }]]);
  const resolved = Promise.resolve();
  let changed = [];
  const flush = () => {
    const now = changed;
    changed = [];
    for (const record of now) {
      record.isChanged = false;
      const value = frozen(record);
      const { subscribers } = record;
      for (let at = 0; at < subscribers.length; at++) subscribers[at](value);
    }
  };
  return (key, value) => {
    if (!isOne(value)) throw new TypeError(key);
    const record = records.get(key);
    keep(record, value);
    if (record.isChanged) return;
    record.isChanged = true;
    if (changed.push(record) === 1) resolved.then(flush);
  };
}

function database({ contract }, callbacks) {
  const db = new WasmDb();
  db.configureRecord(KEY, { ...contract, buffer: 'SingleLatest' });
  for (const callback of callbacks) db.subscribe(KEY, callback);
  return db;
}

function zustandStore(callbacks) {
  const store = createStore(() => ({}));
  for (const callback of callbacks) store.subscribe((state) => callback(state[KEY]));
  return store;
}

const turn = () => Promise.resolve();

/** Writes the values in turn; `perTurn` ends the turn after each, else after all. */
function writer({ value }, seen, write, { perTurn, end, ops } = {}) {
  const values = Array.from({ length: MADE }, (_, at) => value(at));
  let count = 0;
  return {
    async run(times) {
      for (let at = 0; at < times; at++) {
        write(values[count & (MADE - 1)]);
        count += 1;
        if (perTurn) await turn();
      }
      await turn();
    },
    check: () => seen.count > 0 && seen.last === values[(count - 1) & (MADE - 1)].timestamp,
    end,
    ops,
  };
}

/** What subscribers do: look at the value. */
const watcher = () => {
  const seen = { count: 0, last: 0 };
  const callback = (value) => {
    seen.count += 1;
    seen.last = value.timestamp;
  };
  return { seen, callback };
};

/** One write with one subscriber. */
function writeRow(name, kind, goal, perTurn) {
  const made = (make) => () => {
    const { seen, callback } = watcher();
    const { write, end } = make([callback]);
    return writer(kind, seen, write, { perTurn, end });
  };
  return {
    name,
    floor: FLOOR,
    goal: { ratio: goal },
    cases: {
      [FLOOR]: made((callbacks) => {
        const set = floorStore(kind, callbacks);
        return { write: (value) => set(KEY, value) };
      }),
      ours: made((callbacks) => {
        const db = database(kind, callbacks);
        return { write: (value) => db.set(KEY, value), end: () => db.free() };
      }),
      'ours, by handle': made((callbacks) => {
        const db = database(kind, callbacks);
        const record = db.record(KEY);
        return { write: (value) => record.set(value), end: () => db.free() };
      }),
      'zustand, unchecked': made((callbacks) => {
        const store = zustandStore(callbacks);
        return { write: (value) => store.setState({ [KEY]: value }) };
      }),
      'zod + zustand': made((callbacks) => {
        const store = zustandStore(callbacks);
        return { write: (value) => store.setState({ [KEY]: kind.schema.parse(value) }) };
      }),
      'zod + the floor': made((callbacks) => {
        const set = floorStore({ ...kind, isOne: () => true }, callbacks);
        return { write: (value) => set(KEY, kind.schema.parse(value)) };
      }),
      ...(perTurn && {
        // What both sides wait for and neither does: to be taken off from all.
        'the turn alone': made(([callback]) => ({ write: callback })),
      }),
    },
  };
}

const FAN = 1000;

/** One write heard by a thousand subscribers, per subscriber. */
function fanRow() {
  const made = (make) => () => {
    const { seen, callback } = watcher();
    const callbacks = Array.from({ length: FAN }, () => (value) => callback(value));
    const { write, end } = make(callbacks);
    return writer(TEMPERATURE, seen, write, { perTurn: true, ops: FAN, end });
  };
  return {
    name: '1 key, 1,000 subscribers, per subscriber',
    floor: FLOOR,
    goal: { ratio: 1.15 },
    cases: {
      [FLOOR]: made((callbacks) => {
        const set = floorStore(TEMPERATURE, callbacks);
        return { write: (value) => set(KEY, value) };
      }),
      ours: made((callbacks) => {
        const db = database(TEMPERATURE, callbacks);
        return { write: (value) => db.set(KEY, value), end: () => db.free() };
      }),
      'zustand, unchecked': made((callbacks) => {
        const store = zustandStore(callbacks);
        return { write: (value) => store.setState({ [KEY]: value }) };
      }),
      'valtio, unchecked': made((callbacks) => {
        const state = proxy({ [KEY]: { celsius: 0, timestamp: 0 } });
        for (const one of callbacks) subscribeProxy(state, () => one(state[KEY]), true);
        const write = (value) => {
          state[KEY] = value;
        };
        return { write };
      }),
    },
  };
}

/** Text frames of one topic, as a server sends them: only the numbers change. */
const framesOf = ({ value }, more) =>
  Array.from({ length: 256 }, (_, at) =>
    JSON.stringify({
      type: 'data',
      topic: TOPIC,
      payload: { ...more, ...value(at) },
      ts: 1.79e12 + at,
    }),
  );

/** A socket that the benchmark holds the other end of, with as little machinery as there can be. */
class HeldSocket {
  static last;
  #listeners = { open: [], message: [], error: [], close: [] };
  constructor() {
    HeldSocket.last = this;
    queueMicrotask(() => this.#emit('open', {}));
  }
  addEventListener(type, listener) {
    this.#listeners[type].push(listener);
  }
  receive(data) {
    this.#emit('message', { data });
  }
  send() {}
  close() {}
  #emit(type, event) {
    for (const listener of this.#listeners[type]) listener(event);
  }
}

/** A socket with one listener for its frames. */
function heard(listener) {
  const socket = new HeldSocket();
  socket.addEventListener('message', ({ data }) => listener(data));
  return (text) => socket.receive(text);
}

/** From a text frame to the subscriber: parsed, checked, stored, told. */
function frameRow(kind, frames, goal) {
  const bytes = Math.round(frames.reduce((sum, { length }) => sum + length, 0) / frames.length);
  const feeder = (seen, take, rest = {}) => {
    let count = 0;
    return {
      async run(times) {
        for (let at = 0; at < times; at++) {
          take(frames[count & 255]);
          count += 1;
          await turn();
        }
      },
      check: () => seen.count > 0 && seen.last === 1.79e12 + ((count - 1) & 255),
      ...rest,
    };
  };
  return {
    name: `frame of ${bytes} bytes from the socket to the subscriber, one a turn`,
    floor: 'JSON.parse + the floor',
    goal: { ratio: goal },
    cases: {
      'JSON.parse + the floor': () => {
        const { seen, callback } = watcher();
        const set = floorStore(kind, [callback]);
        const take = heard((text) => {
          const frame = JSON.parse(text);
          if (frame.type === 'data' && frame.topic === TOPIC) set(KEY, frame.payload);
        });
        return feeder(seen, take);
      },
      'JSON.parse + zod + zustand': () => {
        const { seen, callback } = watcher();
        const store = zustandStore([callback]);
        const take = heard((text) => {
          const frame = JSON.parse(text);
          if (frame.type === 'data') store.setState({ [KEY]: kind.schema.parse(frame.payload) });
        });
        return feeder(seen, take);
      },
      ours: async () => {
        const { seen, callback } = watcher();
        const db = database(kind, [callback]);
        WsBridge.connect(db, 'ws://localhost/ws', {
          subscribeTopics: ['sensors/#'],
          WebSocket: HeldSocket,
        });
        await turn();
        const socket = HeldSocket.last;
        return feeder(seen, (text) => socket.receive(text), { end: () => db.free() });
      },
    },
  };
}

/** As long as a value of twelve fields is in a frame of 1,041 bytes. */
const LONG_NOTE = 807;

export const recordRows = () => [
  writeRow('validated write, 1 subscriber, many writes a turn, told once', TEMPERATURE, 1.5, false),
  writeRow('validated write, 1 subscriber, one write a turn', TEMPERATURE, 1.5, true),
  writeRow('12 fields, 3 of them text, many writes a turn, told once', twelve(10), 2, false),
  fanRow(),
  frameRow(TEMPERATURE, framesOf(TEMPERATURE, { schema_version: 2 }), 0.3),
  frameRow(twelve(LONG_NOTE), framesOf(twelve(LONG_NOTE)), 0.5),
];
