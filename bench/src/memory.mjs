/**
 * Memory and allocations, each measurement in a process of its own.
 *
 * As a module it starts the processes; as `node --expose-gc memory.mjs NAME` it is one, and prints an
 * object of numbers. The heap is read after collecting twice; what is left of noise is some 10 kB.
 */
import { execFileSync } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Engine as TwinEngine } from '@aimdb/pipeline-twin';
import init, { WasmEngine } from '@aimdb/wasm/store';

const SELF = fileURLToPath(import.meta.url);
/** So large a nursery that nothing is collected while allocations are counted. */
const FLAGS = ['--expose-gc', '--max-semi-space-size=256', '--min-semi-space-size=256'];

const ENTRIES = 10_000;
const ROUNDS = 10_000;
/** So often the heap is read in as many rounds: caches fill and empty, so that peaks are compared. */
const SAMPLES = 20;
const CALLS = { ours: 100_000, loop: 100_000, object: 100_000, twin: 5000 };
/** So often they are counted. A call allocates the same each time; what is above the least is the compiler's. */
const WINDOWS = 5;

/** What a round may leave behind on the heap: less than the smallest object with a field. */
const OBJECT_BYTES = 32;

export function memoryRows() {
  const shapes = {
    grouped: '10 keys in each of 1,000 objects',
    flat: 'each with a key of its own',
  };
  return [
    ...Object.entries(shapes).map(([shape, words]) => entriesRow(shape, words)),
    growthRow('ingests', '10,000 ingests of 100 numbers'),
    growthRow('registrations', '10,000 rounds of register, process, unregister'),
    growthRow('keys', '20,000 replaced keys'),
    allocationsRow(),
  ];
}

function entriesRow(shape, words) {
  const ours = measured('entries', shape, 'ours');
  const limit = 1_000_000;
  return {
    name: `memory of 10,000 entries, ${words}`,
    unit: 'bytes',
    floor: measured('entries', shape, 'map').heap,
    ours: ours.engine,
    peers: {
      'ours, names and plain state beside it': ours.heap,
      twin: measured('entries', shape, 'twin').heap,
    },
    goal: { text: '< 1 MB', isReached: ours.engine < limit },
  };
}

function growthRow(what, words) {
  const ours = measured(what, 'ours');
  const limit = ROUNDS * OBJECT_BYTES;
  return {
    name: `memory after ${words}`,
    unit: 'bytes more',
    floor: null,
    ours: ours.heap + ours.wasm,
    peers: {
      'ours, wasm memory': ours.wasm,
      'ours, of which in use by the engine': ours.engine,
    },
    goal: { text: 'none', isReached: ours.wasm === 0 && ours.engine <= 0 && ours.heap < limit },
  };
}

function allocationsRow() {
  const ours = measured('allocations', 'ours').each;
  return {
    name: 'JavaScript heap of a call with 100 unchanged numbers',
    unit: 'bytes',
    floor: measured('allocations', 'loop').each,
    ours,
    peers: {
      twin: measured('allocations', 'twin').each,
      'an empty object a call, to see that it is seen': measured('allocations', 'object').each,
    },
    goal: { text: '0', isReached: Math.round(ours) === 0 },
  };
}

/** Runs one measurement in a process of its own. */
function measured(...what) {
  return JSON.parse(
    execFileSync(process.execPath, [...FLAGS, SELF, ...what], { encoding: 'utf8' }),
  );
}

// ---- inside such a process

/** After a turn, so that nothing is kept by what is still running. */
async function heap() {
  await turn();
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** Texts of the same length whatever the number. */
const padded = (number) => String(number).padStart(6, '0');

const PATHS = {
  grouped: (at) => `sensors.s${Math.floor(at / 10)}.m${at % 10}`,
  flat: (at) => `sensors.s${Math.floor(at / 100)}.m${at}`,
};

const need = (isRight) => {
  if (!isRight) throw new Error(`${process.argv.slice(2).join(' ')} did not do the work`);
};

/** An engine with what is asked of it here; the twin has no number door and no memory of its own. */
async function opened(kind) {
  await init();
  const engine = kind === 'twin' ? new TwinEngine() : new WasmEngine();
  engine.process([['', {}]]);
  return {
    engine,
    engineBytes: () => engine.sizes?.engineBytes ?? 0,
    wasmBytes: () => engine.area?.u8.length ?? 0,
    /** Writes numbers at paths that were given first. */
    door(paths) {
      const ids = engine.numbers?.intern(paths);
      if (ids) return (values) => engine.numbers.process(ids, values);
      return (values) => engine.process(paths.map((path, at) => [path, values[at]]));
    },
  };
}

async function entries(shape, kind) {
  const pathOf = PATHS[shape];
  if (kind === 'map') {
    const before = await heap();
    const map = new Map(Array.from({ length: ENTRIES }, (_, at) => [pathOf(at), at + 0.5]));
    const after = await heap();
    need(map.get(pathOf(7)) === 7.5);
    return { heap: after - before };
  }
  const { engine, engineBytes } = await opened(kind);
  const bytesBefore = engineBytes();
  const before = await heap();
  fill(engine, pathOf);
  const result = { heap: (await heap()) - before, engine: engineBytes() - bytesBefore };
  need(engine.get(pathOf(7)) === 7.5 && engine.get(pathOf(ENTRIES - 1)) === ENTRIES - 0.5);
  return result;
}

/** Batches of a thousand, as a feed would bring them. */
function fill(engine, pathOf) {
  for (let start = 0; start < ENTRIES; start += 1000) {
    engine.process(Array.from({ length: 1000 }, (_, at) => [pathOf(start + at), start + at + 0.5]));
  }
}

/** How much higher the peak of the second ten thousand rounds is than that of the first. */
async function growth(kind, make, isRight) {
  const { engine, engineBytes, wasmBytes, door } = await opened(kind);
  const round = make(engine, door);
  const peak = async (start) => {
    const samples = [];
    for (let at = start; at < start + ROUNDS; at++) {
      round(at);
      if ((at + 1) % (ROUNDS / SAMPLES) === 0) samples.push(await heap());
    }
    return { heap: Math.max(...samples), engine: engineBytes(), wasm: wasmBytes() };
  };
  const first = await peak(0);
  const second = await peak(ROUNDS);
  need(isRight(engine, 2 * ROUNDS - 1));
  return {
    heap: second.heap - first.heap,
    engine: second.engine - first.engine,
    wasm: second.wasm - first.wasm,
  };
}

const feed = Array.from({ length: 100 }, (_, at) => `feed.f${at}`);

const growthOf = {
  ingests: (kind) =>
    growth(
      kind,
      (_, door) => {
        const write = door(feed);
        const values = new Float64Array(100);
        write(values);
        return (at) => {
          values[at % 100] = at + 0.5;
          need(write(values).keptCount === 1);
        };
      },
      (engine, last) => engine.get(`feed.f${last % 100}`) === last + 0.5,
    ),
  registrations: (kind) =>
    growth(
      kind,
      (engine) => (at) => {
        const { ids } = engine.register({
          sync: [['form.a', `form.b${padded(at)}`]],
          conditions: [{ GT: [`form.b${padded(at)}`, 3] }],
          listeners: [{ paths: [`form.c${padded(at)}`] }],
        });
        const report = engine.process([
          ['form.a', at + 0.5],
          [`form.c${padded(at)}`, at],
        ]);
        need(report.changes.length === 3 && report.plan.length === 1);
        engine.process([['form', { a: at }]]);
        need(engine.unregister(ids.id));
      },
      (engine, last) => engine.get('form.a') === last,
    ),
  keys: (kind) =>
    growth(
      kind,
      (engine) => (at) => {
        engine.process([['users', { [`user${padded(2 * at)}`]: { name: `name ${padded(at)}` } }]]);
        engine.process([
          ['users', { [`user${padded(2 * at + 1)}`]: { name: `name ${padded(at)}` } }],
        ]);
      },
      (engine, last) => Object.keys(engine.get('users')).join() === `user${padded(2 * last + 1)}`,
    ),
};

/** What a loop over an array does, and what it would look like if a call allocated. */
const plainWriters = {
  loop: (values) => {
    const state = values.slice();
    return (next) => {
      let kept = 0;
      for (let at = 0; at < next.length; at++) kept += Object.is(state[at], next[at]) ? 0 : 1;
      return kept;
    };
  },
  object: () => {
    const kept = [];
    return (_, at) => {
      kept[at & 63] = {};
      return 0;
    };
  },
};

async function allocations(kind) {
  const values = Float64Array.from(feed, (_, at) => at);
  const write = plainWriters[kind]?.(values) ?? (await engineWriter(kind, values));
  let kept = 0;
  const calls = (count) => {
    for (let at = 0; at < count; at++) kept += write(values, at);
  };
  const windows = [];
  for (let window = 0; window < WINDOWS; window++) {
    const before = await heap();
    calls(CALLS[kind]);
    windows.push((process.memoryUsage().heapUsed - before) / CALLS[kind]);
  }
  need(kept === 0);
  return { each: Math.min(...windows) };
}

async function engineWriter(kind, values) {
  const { door } = await opened(kind);
  const write = door(feed);
  need(write(values).keptCount === 100);
  return (next) => write(next).keptCount;
}

if (process.argv[1] === SELF) {
  const [what, ...rest] = process.argv.slice(2);
  const measurements = { entries, allocations, ...growthOf };
  console.log(JSON.stringify(await measurements[what](...rest)));
}
