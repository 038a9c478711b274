/**
 * Stores that people use beside ours and beside a Map with callbacks.
 *
 * Every write brings values that differ from those before, and every subscriber's count and last value
 * are checked at the end.
 */
import { FEED_KINDS, FLOOR, KINDS } from './kinds.mjs';

/** Subscribers that look at what they are told. */
class Watchers {
  count = 0;
  last = [];

  /** A callback for watcher `at`. */
  at(at) {
    this.last[at] = 0;
    return (value) => {
      this.count += 1;
      this.last[at] = value;
    };
  }
}

/** Runs `tick` with 1, 2, 3 …; some stores tell subscribers at once that there is a value, which does not count. */
async function ticking(store, watchers, { tick, isRight, ops }) {
  await store.settle?.();
  watchers.count = 0;
  let ticks = 0;
  const run = (times) => {
    for (let at = 0; at < times; at++) tick(++ticks);
  };
  const runSettling = async (times) => {
    for (let at = 0; at < times; at++) {
      tick(++ticks);
      await store.settle();
    }
  };
  return {
    run: store.settle ? runSettling : run,
    check: () => isRight(ticks),
    end: store.end,
    ops,
  };
}

const row = (name, make, { kinds = KINDS, goal, unit = 'ns' } = {}) => ({
  name,
  unit,
  floor: FLOOR,
  goal,
  cases: Object.fromEntries(
    Object.entries(kinds).map(([label, kind]) => [label, () => make(kind)]),
  ),
});

const names = (count) => Array.from({ length: count }, (_, at) => `sensor${at}`);

/** One field; its subscribers are told of each write. */
function oneField(subscribers) {
  return (kind) => {
    const store = kind.fields(names(1), false);
    const watchers = new Watchers();
    for (let at = 0; at < subscribers; at++) store.watch(0, watchers.at(at));
    return ticking(store, watchers, {
      tick: (tick) => store.set(0, tick),
      isRight: (ticks) =>
        watchers.count === ticks * subscribers && watchers.last.every((value) => value === ticks),
      ops: subscribers,
    });
  };
}

const FIELDS = 1000;

/** A thousand fields with a subscriber each, of which some change. */
function manyFields(changing) {
  return (kind) => {
    const store = kind.fields(names(FIELDS));
    const watchers = new Watchers();
    for (let at = 0; at < FIELDS; at++) store.watch(at, watchers.at(at));
    const ats = new Uint32Array(changing);
    const values = new Float64Array(changing);
    return ticking(store, watchers, {
      tick(tick) {
        for (let at = 0; at < changing; at++) {
          ats[at] = (tick * 7 + at * 97) % FIELDS;
          values[at] = tick + at;
        }
        store.write(ats, values);
      },
      isRight: (ticks) =>
        watchers.count === ticks * changing &&
        ats.every((field, at) => watchers.last[field] === values[at]),
    });
  };
}

function linkedFields(kind) {
  const store = kind.linked();
  const watchers = new Watchers();
  store.watch(watchers.at(0));
  return ticking(store, watchers, {
    tick: (tick) => store.set(tick),
    isRight: (ticks) => watchers.count === ticks && watchers.last[0] === ticks,
  });
}

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'];
const recordAt = (tick) => ({
  a: tick,
  b: 1,
  c: 2,
  d: 3,
  e: 4,
  f: 5,
  g: 6,
  h: 7,
  i: 8,
  j: 9,
  k: 10,
  l: 11,
});

/** A record of twelve keys is replaced; one key differs, and only its subscriber is told. */
function twelveKeys(kind) {
  const store = kind.record(recordAt(0));
  const watchers = new Watchers();
  for (const [at, key] of KEYS.entries()) store.watch(key, watchers.at(at));
  return ticking(store, watchers, {
    tick: (tick) => store.replace(recordAt(tick)),
    isRight: (ticks) => watchers.count === ticks && watchers.last[0] === ticks,
  });
}

const FEED = 10_000;
const VISIBLE_EVERY = 100;

/** A feed of ten thousand fields of which a hundred change with each frame; a hundred are being looked at. */
function feedFrames(kind) {
  const paths = Array.from({ length: FEED }, (_, at) => `sensor${at}`);
  const store = kind.feed(paths);
  const watchers = new Watchers();
  for (let at = 0; at < FEED; at += VISIBLE_EVERY) store.watch(at, watchers.at(at / VISIBLE_EVERY));
  const frame = {
    numbers: new Float64Array(FEED),
    object: Object.fromEntries(paths.map((path) => [path, 0])),
  };
  let visible = 0;
  return ticking(store, watchers, {
    tick(tick) {
      for (let at = 0; at < FEED / 100; at++) {
        const field = (tick * 13 + at * 97) % FEED;
        frame.numbers[field] = tick;
        frame.object[paths[field]] = tick;
        if (field % VISIBLE_EVERY === 0) visible += 1;
      }
      store.frame(frame);
    },
    isRight: () =>
      watchers.count === visible &&
      watchers.last.every((value, at) => value === frame.numbers[at * VISIBLE_EVERY]),
  });
}

export const storeRows = () => [
  row('set 1 field, 1 subscriber', oneField(1)),
  row('set 1 field, 1,000 subscribers, per subscriber', oneField(1000), { goal: { ratio: 1.15 } }),
  row('1,000 fields with 1 subscriber each, 1 changes', manyFields(1), { goal: { ratio: 1.3 } }),
  row('1,000 fields with 1 subscriber each, 10 change in a batch', manyFields(10)),
  row('1,000 fields with 1 subscriber each, all change in a batch', manyFields(FIELDS), {
    unit: 'us',
  }),
  row('a field that follows another, 1 subscriber', linkedFields),
  row('12 selectors on a record, 1 key changes', twelveKeys, { goal: { ratio: 0.7 } }),
  row('feed of 10,000 fields, 1 % changes, 100 visible, a frame', feedFrames, {
    kinds: FEED_KINDS,
    unit: 'us',
  }),
];
