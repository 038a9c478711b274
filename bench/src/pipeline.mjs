/**
 * The engine of the store beside its twin in plain JavaScript and beside loops written by hand.
 *
 * Every tick writes values that differ from those before, except where "unchanged" is the point; each
 * candidate is checked at the end against what the ticks must have left behind, and where a report is
 * read, against what it must have said.
 */
import { TwinEngine, WasmEngine } from './engine.mjs';
import { formByHand } from './form.mjs';

const TYPED = 'ours';
const BY_PATH = 'ours, by path';
const TWIN = 'twin';
const LOOP = 'Float64Array loop';

/** One value of a feed by hand: the bits count, as in the engine; written where it differs. */
function diffByHand(state, values) {
  let count = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (Object.is(state[at], value)) continue;
    state[at] = value;
    count += 1;
  }
  return count;
}

/**
 * The ways of putting numbers at paths into something: each has `write(values)`, which returns how
 * many differed or the report that says so, and `get(at)`.
 */
const DOORS = {
  [LOOP]: (paths) => {
    const state = new Float64Array(paths.length);
    return { write: (values) => diffByHand(state, values), get: (at) => state[at] };
  },
  [TYPED]: (paths, rules) => {
    const engine = new WasmEngine();
    const ids = engine.numbers.intern(paths);
    return {
      ...door(engine, paths, rules, (values) => engine.numbers.process(ids, values)),
      end: () => engine.free(),
    };
  },
  [BY_PATH]: (paths, rules) => {
    const engine = new WasmEngine();
    return { ...doorByPath(engine, paths, rules), end: () => engine.free() };
  },
  [TWIN]: (paths, rules) => doorByPath(new TwinEngine(), paths, rules),
};

/** Starts from a root, as a store does. */
function door(engine, paths, rules, write) {
  engine.process([['', {}]]);
  write(new Float64Array(paths.length));
  if (rules) engine.register(rules);
  return { write, get: (at) => engine.get(paths[at]), engine };
}

/** Batches as arrays of changes. The arrays are used again, which is the best case for them. */
function doorByPath(engine, paths, rules) {
  const changes = paths.map((path) => [path, 0]);
  return door(engine, paths, rules, (values) => {
    for (let at = 0; at < changes.length; at++) changes[at][1] = values[at];
    return engine.process(changes);
  });
}

const keptOf = (report) => (typeof report === 'number' ? report : report.keptCount);

/** Reads all that a store needs of a report, and adds it up. */
function readReport(report, sums) {
  for (const { value } of report.changes) sums.values += value;
  sums.changes += report.changes.length;
  for (const call of report.plan) sums.told += call.changes.length;
  for (const { holds } of report.conditions) sums.flips += holds ? 1 : -1;
}

const sensors = (count) => Array.from({ length: count }, (_, at) => `sensors.s${at}.celsius`);

/** Writes what is there already. In the end one value differs, and that has to be noticed. */
function unchanged(open) {
  const paths = sensors(1000);
  const values = Float64Array.from(paths, (_, at) => at + 0.5);
  const { write, get, end } = open(paths);
  write(values);
  let kept = 0;
  return {
    run(times) {
      for (let at = 0; at < times; at++) kept += keptOf(write(values));
    },
    check: () => {
      values[500] += 1;
      return kept === 0 && keptOf(write(values)) === 1 && get(500) === 501.5;
    },
    end,
  };
}

/** Writes 1,000 values that all differ. */
function updates(open) {
  const paths = sensors(1000);
  const values = new Float64Array(1000);
  const { write, get, end } = open(paths);
  let ticks = 0;
  let kept = 0;
  return {
    run(times) {
      for (let at = 0; at < times; at++) {
        ticks += 1;
        for (let index = 0; index < 1000; index++) values[index] = ticks + index;
        kept += keptOf(write(values));
      }
    },
    check: () => kept === ticks * 1000 && paths.every((_, at) => get(at) === ticks + at),
    end,
  };
}

const INGESTS = 1000;

/** 1,000 ingests of 100 values, one of which differs. */
function ingests(open) {
  const paths = sensors(100);
  const values = new Float64Array(100);
  const { write, get, end } = open(paths);
  let ticks = 0;
  let kept = 0;
  return {
    run(times) {
      for (let at = 0; at < times * INGESTS; at++) {
        ticks += 1;
        values[ticks % 100] = ticks;
        kept += keptOf(write(values));
      }
    },
    check: () =>
      kept === ticks && get(ticks % 100) === ticks && get((ticks - 1) % 100) === ticks - 1,
    end,
  };
}

const row = (name, make, goal) => ({
  name,
  unit: 'us',
  floor: LOOP,
  goal,
  cases: Object.fromEntries(
    Object.entries(DOORS).map(([label, open]) => [label, () => make(open)]),
  ),
});

const unchangedRow = () => row('diff of 1,000 unchanged numbers', unchanged, { value: 10 });
const updatesRow = () => row('1,000 shadow updates', updates, { value: 50 });
const ingestsRow = () => row('1,000 ingests of 100 numbers, 1 % changed', ingests, { value: 1000 });

const FORM = {
  paths: Array.from({ length: 500 }, (_, at) => `form.section${Math.floor(at / 50)}.field${at}`),
  changedEvery: 10,
  limit: 1000,
};
/** Each twentieth field is in sync with a mirror, each twenty-fifth has a condition. */
const FORM_RULES = {
  sync: Array.from({ length: 25 }, (_, at) => [FORM.paths[at * 20], `mirror.field${at}`]),
  conditions: Array.from({ length: 20 }, (_, at) => ({ GT: [FORM.paths[at * 25], FORM.limit] })),
  listeners: Array.from({ length: 10 }, (_, at) => ({ paths: [`form.section${at}`] })),
};

/** What field `at` holds at a tick: it differs each time, and crosses the conditions' limit. */
const formValue = (at, tick) => (at * 7 + tick * 13) % 2000;

const isReported = (sums, ticks) =>
  // 50 fields, of which 25 have a mirror; all of them are told to the listener of their section.
  sums.changes === ticks * 75 && sums.told === ticks * 50;

/** Fifty of 500 fields change; `isRead` reads the whole report. */
function form({ write, get, mirror, holds, end }, read) {
  const values = new Float64Array(500);
  const sums = { values: 0, changes: 0, told: 0, flips: 0 };
  let ticks = 0;
  const isRight = (_, at) => {
    if (at % FORM.changedEvery !== 0) return true;
    const value = formValue(at, ticks);
    return (
      get(at) === value &&
      (at % 20 !== 0 || mirror(at / 20) === value) &&
      (at % 25 !== 0 || holds(at / 25) === value > FORM.limit)
    );
  };
  return {
    run(times) {
      for (let time = 0; time < times; time++) {
        ticks += 1;
        for (let at = 0; at < 500; at += FORM.changedEvery) values[at] = formValue(at, ticks);
        read(write(values), sums);
      }
    },
    check: () => FORM.paths.every(isRight) && (read === ignore || isReported(sums, ticks)),
    end,
  };
}

const ignore = () => {};

/** A door with the form's rules. */
function formDoor(label) {
  const { engine, ...opened } = DOORS[label](FORM.paths, undefined);
  const { ids } = engine.register(FORM_RULES);
  return {
    ...opened,
    mirror: (at) => engine.get(`mirror.field${at}`),
    holds: (at) => engine.holds(ids.conditions[at]),
  };
}

const formRow = () => ({
  name: '500 fields, 10 % changed, 25 sync pairs, 20 conditions, 10 listeners',
  unit: 'us',
  floor: 'rules by hand',
  goal: { value: 100 },
  cases: {
    'rules by hand': () => form(formByHand(FORM, FORM_RULES), (told, sums) => told(sums)),
    [TYPED]: () => form(formDoor(TYPED), readReport),
    'ours, report not read': () => form(formDoor(TYPED), ignore),
    [BY_PATH]: () => form(formDoor(BY_PATH), readReport),
    [TWIN]: () => form(formDoor(TWIN), readReport),
  },
});

/** The fields of a small batch; the first has a partner, which has a condition. */
const SMALL = ['form.a', 'form.b', 'form.c', 'form.d'];
const SMALL_RULES = {
  sync: [['form.a', 'form.partner']],
  conditions: [{ GT: ['form.partner', 500] }],
  listeners: [{ paths: ['form'] }],
};
const smallValue = (tick, at) => (tick * 7 + at) % 1000;

function smallByHand(count) {
  const fields = new Map(SMALL.map((path) => [path, 0]));
  const paths = SMALL.slice(0, count);
  let partner = 0;
  let holds = false;
  return {
    get: (at) => fields.get(SMALL[at]),
    partner: () => partner,
    holds: () => holds,
    write(values) {
      const changes = [];
      for (let at = 0; at < count; at++) {
        if (Object.is(fields.get(paths[at]), values[at])) continue;
        fields.set(paths[at], values[at]);
        changes.push(values[at]);
      }
      if (partner !== values[0]) {
        partner = values[0];
        changes.push(partner);
      }
      const held = holds;
      holds = partner > 500;
      return (sums) => {
        for (const value of changes) sums.values += value;
        sums.changes += changes.length;
        sums.told += changes.length;
        if (held !== holds) sums.flips += holds ? 1 : -1;
      };
    },
  };
}

function smallDoor(label, count) {
  const paths = SMALL.slice(0, count);
  const { engine, ...opened } = DOORS[label](paths, undefined);
  engine.process(SMALL.map((path) => [path, 0]));
  const { ids } = engine.register(SMALL_RULES);
  return {
    ...opened,
    partner: () => engine.get('form.partner'),
    holds: () => engine.holds(ids.conditions[0]),
  };
}

function small({ write, get, partner, holds, end }, count, read) {
  const values = new Float64Array(count);
  const sums = { values: 0, changes: 0, told: 0, flips: 0 };
  let ticks = 0;
  const isRight = (_, at) => get(at) === smallValue(ticks, at);
  return {
    run(times) {
      for (let time = 0; time < times; time++) {
        ticks += 1;
        for (let at = 0; at < count; at++) values[at] = smallValue(ticks, at);
        read(write(values), sums);
      }
    },
    check: () =>
      values.every(isRight) &&
      partner() === values[0] &&
      holds() === values[0] > 500 &&
      sums.changes === ticks * (count + 1) &&
      sums.told === sums.changes &&
      sums.flips === (holds() ? 1 : 0),
    end,
  };
}

/** A batch of a few changes with a rule of each common kind; the report is read whole. */
const smallRow = (count) => ({
  name: `batch of ${count} with a sync pair, a condition and a listener`,
  unit: 'us',
  floor: 'rules by hand',
  opponent: TWIN,
  goal: { versus: 1 },
  cases: {
    'rules by hand': () => small(smallByHand(count), count, (told, sums) => told(sums)),
    [BY_PATH]: () => small(smallDoor(BY_PATH, count), count, readReport),
    [TYPED]: () => small(smallDoor(TYPED, count), count, readReport),
    [TWIN]: () => small(smallDoor(TWIN, count), count, readReport),
  },
});

export const pipelineRows = () => [
  unchangedRow(),
  formRow(),
  updatesRow(),
  ingestsRow(),
  ...[1, 2, 3, 4].map(smallRow),
];
