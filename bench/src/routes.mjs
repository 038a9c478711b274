/**
 * What a tab needs to find out which of many patterns selects which of many records: 5,000 by 250 unless told.
 *
 * `node src/routes.mjs [--records=5000] [--patterns=250] [--rounds=5] [--package=PATH]` prints the
 * median of the rounds in milliseconds. The package may be another build, for comparisons. Nothing judges the figures.
 */
import { parseArgs } from 'node:util';

const { values: given } = parseArgs({
  options: {
    records: { type: 'string', default: '5000' },
    patterns: { type: 'string', default: '250' },
    rounds: { type: 'string', default: '5' },
    package: { type: 'string', default: '@aimdb/wasm' },
  },
});
const [records, patterns, rounds] = [given.records, given.patterns, given.rounds].map(Number);
const {
  default: init,
  WasmDb,
  WsBridge,
} = await import(
  given.package.startsWith('.') || given.package.startsWith('/')
    ? new URL(given.package, `file://${process.cwd()}/`).href
    : given.package
);
await init();

const topicOf = (number) => `plant/hall/site${number % patterns}/device${number}/temperature`;
const topics = Array.from({ length: records }, (_, number) => topicOf(number));
const perSite = Array.from(
  { length: patterns },
  (_, number) => `plant/hall/site${number}/*/temperature`,
);
const options = { schemaType: 'temperature', buffer: 'SingleLatest' };

/** A server within the tab: it says hello and lists topics. */
class Socket extends EventTarget {
  static newest;
  readyState = 0;
  constructor() {
    super();
    Socket.newest = this;
  }
  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
    this.say({ type: 'pong', hello: { v: 3, server: 'bench', contracts: [] } });
  }
  say(frame) {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
  }
  send(text) {
    const { type, id } = JSON.parse(text);
    if (type !== 'list_topics') return;
    const listed = topics.map((name) => ({ name, schema_type: 'temperature' }));
    queueMicrotask(() => this.say({ type: 'topic_list', id, topics: listed }));
  }
  close() {}
}

const turn = () => new Promise((resolve) => setTimeout(resolve));
const configure = (db) => {
  for (const topic of topics) db.configureRecord(topic.replaceAll('/', '.'), options);
};

function connect(db, more) {
  const bridge = WsBridge.connect(db, 'ws://127.0.0.1/ws', { WebSocket: Socket, ...more });
  Socket.newest.open();
  return bridge;
}

const works = {
  'connect with all patterns, records there': async (time) => {
    const db = new WasmDb();
    configure(db);
    time(() => connect(db, { subscribeTopics: perSite }));
    return db;
  },
  'configure the records, all patterns followed': async (time) => {
    const db = new WasmDb();
    connect(db, { subscribeTopics: perSite });
    time(() => configure(db));
    return db;
  },
  'subscribe to all patterns in one call': async (time) => {
    const db = new WasmDb();
    configure(db);
    const bridge = connect(db);
    time(() => bridge.subscribe(perSite));
    return db;
  },
  'subscribe again, after a value of each': async (time) => {
    const { db, bridge } = withValues();
    time(() => bridge.subscribe(perSite));
    return db;
  },
  'unsubscribe from all but one, after a value of each': async (time) => {
    const { db, bridge } = withValues();
    time(() => bridge.unsubscribe(perSite.slice(1)));
    return db;
  },
  'the first value of each topic': async (time) => {
    const db = new WasmDb();
    configure(db);
    connect(db, { subscribeTopics: perSite });
    time(values);
    return db;
  },
  'adopt all topics': async (time) => {
    const db = new WasmDb();
    await time(async () => {
      connect(db, { adopt: perSite });
      while (db.keys().length < records) await turn();
    });
    return db;
  },
};

function values() {
  topics.forEach((topic, number) => {
    const payload = { celsius: number % 50, timestamp: 1 };
    Socket.newest.say({ type: 'data', topic, payload, ts: 1, seq: 1 });
  });
}

function withValues() {
  const db = new WasmDb();
  configure(db);
  const bridge = connect(db, { subscribeTopics: perSite });
  values();
  return { db, bridge };
}

console.log(`${records} records, ${patterns} patterns, median of ${rounds} rounds`);
for (const [name, work] of Object.entries(works)) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const db = await work((timed) => {
      const start = performance.now();
      const end = () => times.push(performance.now() - start);
      const result = timed();
      return result instanceof Promise ? result.then(end) : end();
    });
    await turn();
    db.free();
  }
  const median = times.sort((a, b) => a - b)[times.length >> 1];
  console.log(`${median.toFixed(1).padStart(9)} ms  ${name}`);
}
