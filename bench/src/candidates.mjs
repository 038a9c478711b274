/**
 * What is measured: ours, the plain floor (a hand-written check and a Map), and the stores and
 * validators that people use today. Values change with every write.
 */
import init, { WasmDb, WsBridge } from '@aimdb/wasm';
import { z } from 'zod';
import { createZustandStore as createStore, proxy, subscribeProxy } from '../out/peers.mjs';

await init();

const KEY = 'sensors.temperature.vienna';
const TOPIC = 'sensors/temperature/vienna';

/** The next value: never the one before. */
const temperature = (count) => ({ celsius: 20 + (count % 100) / 10, timestamp: 1.79e12 + count });

const isFiniteNumber = (value) => typeof value === 'number' && value - value === 0;
const isTemperature = (value) =>
  typeof value === 'object' &&
  value !== null &&
  isFiniteNumber(value.celsius) &&
  isFiniteNumber(value.timestamp);
const schema = z.object({ celsius: z.number(), timestamp: z.number() });

/** A Map of records with arrays of callbacks: nothing does less and still works. */
function floorStore(subscribers) {
  const records = new Map([[KEY, { value: null, subscribers }]]);
  return (key, value) => {
    if (!isTemperature(value)) throw new TypeError(key);
    const record = records.get(key);
    record.value = value;
    for (let at = 0; at < record.subscribers.length; at++) record.subscribers[at](value);
  };
}

function database(count, callback) {
  const db = new WasmDb();
  db.configureRecord(KEY, { schemaType: 'temperature', buffer: 'SingleLatest' });
  for (let at = 0; at < count; at++) db.subscribe(KEY, callback);
  return db;
}

const turn = () => Promise.resolve();

/** Runs `write` n times with a fresh value; `each` ends one write, `all` the batch. */
const writer = (seen, write, { each, all, end } = {}) => {
  let count = 0;
  return {
    async run(times) {
      for (let at = 0; at < times; at++) {
        count += 1;
        write(temperature(count));
        if (each) await each();
      }
      if (all) await all();
    },
    check: () => seen.count > 0 && seen.last === 1.79e12 + count,
    end,
  };
};

/** What subscribers do: look at the value. */
const watcher = () => {
  const seen = { count: 0, last: 0 };
  const callback = (value) => {
    seen.count += 1;
    seen.last = value.timestamp;
  };
  return { seen, callback };
};

/** One write with one subscriber; `perTurn` waits for the microtask after each. */
function writeRow(perTurn) {
  const each = perTurn ? turn : undefined;
  return {
    name: perTurn
      ? 'validated write, 1 subscriber, one write a turn'
      : 'validated write, 1 subscriber, many writes a turn',
    floor: 'hand check + Map',
    ...(!perTurn && { goal: { ratio: 3 } }),
    cases: {
      'hand check + Map': () => {
        const { seen, callback } = watcher();
        const set = floorStore([callback]);
        return writer(seen, (value) => set(KEY, value), { each });
      },
      ours: () => {
        const { seen, callback } = watcher();
        const db = database(1, callback);
        return writer(seen, (value) => db.set(KEY, value), {
          each,
          all: turn,
          end: () => db.free(),
        });
      },
      'ours, by handle': () => {
        const { seen, callback } = watcher();
        const db = database(1, callback);
        const record = db.record(KEY);
        return writer(seen, (value) => record.set(value), {
          each,
          all: turn,
          end: () => db.free(),
        });
      },
      'zustand, unchecked': () => {
        const { seen, callback } = watcher();
        const store = createStore(() => ({}));
        store.subscribe((state) => callback(state[KEY]));
        return writer(seen, (value) => store.setState({ [KEY]: value }), { each });
      },
      'zod + zustand': () => {
        const { seen, callback } = watcher();
        const store = createStore(() => ({}));
        store.subscribe((state) => callback(state[KEY]));
        return writer(seen, (value) => store.setState({ [KEY]: schema.parse(value) }), { each });
      },
      'valtio, unchecked': () => {
        const { seen, callback } = watcher();
        const state = proxy({ [KEY]: { celsius: 0, timestamp: 0 } });
        subscribeProxy(state, () => callback(state[KEY]), true);
        const write = (value) => {
          state[KEY] = value;
        };
        return writer(seen, write, { each });
      },
      'zod + Map': () => {
        const { seen, callback } = watcher();
        const set = floorStore([callback]);
        return writer(seen, (value) => set(KEY, schema.parse(value)), { each });
      },
    },
  };
}

const FAN = 1000;

/** One write heard by a thousand subscribers, per subscriber. */
function fanRow() {
  const fan = (callback) => Array.from({ length: FAN }, () => (value) => callback(value));
  const case_ = (seen, write, rest) => ({
    ...writer(seen, write, { each: turn, ...rest }),
    ops: FAN,
  });
  return {
    name: '1 key, 1,000 subscribers, per subscriber',
    floor: 'hand check + Map',
    goal: { ratio: 1.5 },
    cases: {
      'hand check + Map': () => {
        const { seen, callback } = watcher();
        const set = floorStore(fan(callback));
        return case_(seen, (value) => set(KEY, value));
      },
      ours: () => {
        const { seen, callback } = watcher();
        const db = database(0);
        for (const one of fan(callback)) db.subscribe(KEY, one);
        return case_(seen, (value) => db.set(KEY, value), { end: () => db.free() });
      },
      'zustand, unchecked': () => {
        const { seen, callback } = watcher();
        const store = createStore(() => ({}));
        for (const one of fan(callback)) store.subscribe((state) => one(state[KEY]));
        return case_(seen, (value) => store.setState({ [KEY]: value }));
      },
      'valtio, unchecked': () => {
        const { seen, callback } = watcher();
        const state = proxy({ [KEY]: { celsius: 0, timestamp: 0 } });
        for (const one of fan(callback)) subscribeProxy(state, () => one(state[KEY]), true);
        const write = (value) => {
          state[KEY] = value;
        };
        return case_(seen, write);
      },
    },
  };
}

/** Text frames of one topic, as a server sends them: only the numbers change. */
const FRAMES = Array.from({ length: 256 }, (_, at) =>
  JSON.stringify({
    type: 'data',
    topic: TOPIC,
    payload: { schema_version: 2, ...temperature(at) },
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
function frameRow() {
  const feeder = (seen, take, rest = {}) => {
    let count = 0;
    return {
      async run(times) {
        for (let at = 0; at < times; at++) {
          take(FRAMES[count & 255]);
          count += 1;
          await turn();
        }
      },
      check: () => seen.count > 0 && seen.last === 1.79e12 + ((count - 1) & 255),
      ...rest,
    };
  };
  return {
    name: 'frame from the socket to the subscriber, one a turn',
    floor: 'JSON.parse + hand check + Map',
    goal: { peer: 'JSON.parse + zod + zustand' },
    cases: {
      'JSON.parse + hand check + Map': () => {
        const { seen, callback } = watcher();
        const set = floorStore([callback]);
        const take = heard((text) => {
          const frame = JSON.parse(text);
          if (frame.type === 'data' && frame.topic === TOPIC) set(KEY, frame.payload);
        });
        return feeder(seen, take);
      },
      'JSON.parse + zod + zustand': () => {
        const { seen, callback } = watcher();
        const store = createStore(() => ({}));
        store.subscribe((state) => callback(state[KEY]));
        const take = heard((text) => {
          const frame = JSON.parse(text);
          if (frame.type === 'data') store.setState({ [KEY]: schema.parse(frame.payload) });
        });
        return feeder(seen, take);
      },
      ours: async () => {
        const { seen, callback } = watcher();
        const db = database(1, callback);
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

export const recordRows = () => [writeRow(false), writeRow(true), fanRow(), frameRow()];
