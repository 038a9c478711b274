/** What holds for every program, against oracles that do it the slow way. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Engine, PipelineError, type Report, type Rules } from '../src/index.js';
import { Graph } from '../src/watch/graph.js';
import { parsePath } from '../src/state/paths.js';
import { isEqual } from '../src/vectors/json.js';
import { concernRules, sideEffectRules } from '../src/vectors/rules.js';
import {
  boolLogic,
  type Changed,
  changes,
  leafPath,
  object,
  path,
  primitive,
  type Program,
  program,
  value,
} from './support/arbitraries.js';
import * as oracle from './support/oracle.js';

/** fast-check prints the seed of a failure; a fixed one keeps the suite the same from run to run. */
const RUNS = { numRuns: 400, seed: 20_251_120 };

const anyProgram = fc.oneof(program(path), program(leafPath));

function check<T extends unknown[]>(
  name: string,
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  holds: (...values: T) => void,
): void {
  test(name, () => {
    fc.assert(fc.property(...(arbitraries as [fc.Arbitrary<T[0]>]), holds as () => void), RUNS);
  });
}

/** What a call gives, or the code of its refusal. */
function attempt<T>(call: () => T): T | string {
  try {
    return call();
  } catch (error) {
    if (error instanceof PipelineError) return error.code;
    throw error;
  }
}

function engineOf(initial: unknown, passes?: number): Engine {
  const engine = new Engine(passes === undefined ? {} : { passes });
  engine.process([['', initial]]);
  return engine;
}

/** Everything a program does, in order. */
function run(given: Program, disturb: (engine: Engine) => void = () => {}): (Report | string)[] {
  const engine = engineOf(given.initial, given.passes);
  const outcomes: (Report | string)[] = [];
  const ids: [name: string | undefined, id: number][] = [];
  const register = (name: string | undefined, rules: Rules) => {
    disturb(engine);
    const outcome = attempt(() => engine.register(rules));
    outcomes.push(typeof outcome === 'string' ? outcome : outcome.report);
    if (typeof outcome !== 'string') ids.push([name, outcome.ids.id]);
  };
  for (const entry of given.sideEffects) register(entry.id, sideEffectRules(entry));
  for (const entry of given.concerns) register(entry.id, concernRules(entry));
  for (const step of given.steps) {
    for (const [name, id] of ids) {
      if (name !== undefined && name === step.unregister) engine.unregister(id);
    }
    disturb(engine);
    outcomes.push(attempt(() => engine.process(step.changes)));
  }
  return outcomes;
}

function expectSame(left: unknown, right: unknown): void {
  if (!isEqual(left, right)) expect(left).toStrictEqual(right);
}

check(
  'without rules a batch is its writes one after the other, and no real change is dropped',
  [object, fc.array(changes(path, value), { minLength: 1, maxLength: 4 })],
  (initial, batches) => {
    const engine = engineOf(initial);
    for (const batch of batches) {
      const before = engine.state;
      const expected = oracle.batch(before, batch);
      const report = attempt(() => engine.process(batch));
      expect(typeof report === 'string').toBe(expected === undefined);
      expectSame(engine.state, expected === undefined ? before : expected.root);
    }
  },
);

check(
  'a batch of what is there changes nothing and keeps the identity of the state',
  [object, fc.array(path, { maxLength: 5 })],
  (initial, paths) => {
    const engine = engineOf(initial);
    const before = engine.state;
    const same = paths
      .map((text): Changed => [text, engine.get(text)])
      .filter(([, found]) => typeof found !== 'object' || found === null);
    expect(engine.process(same).keptCount).toBe(0);
    expect(engine.state).toBe(before);
  },
);

check(
  'the changes of a report, written one after the other, lead to the state after it',
  [anyProgram],
  (given) => {
    for (const report of run(given)) {
      if (typeof report === 'string') continue;
      let root = report.before;
      for (const change of report.changes) {
        const written = oracle.write(root, change.path, change.value);
        if (written === undefined) expect.unreachable(`${change.path} cannot be written`);
        else root = written.root;
      }
      expectSame(root, report.after);
    }
  },
);

check('the same program gives the same reports in the same order', [anyProgram], (given) => {
  expectSame(run(given), run(structuredClone(given)));
});

check('a refused batch leaves no trace: what follows is as without it', [anyProgram], (given) => {
  const disturbed = run(given, (engine) => {
    const before = engine.state;
    // The writes reach every rule of the alphabet before the last one is refused.
    const refused: Changed[] = [
      ['a', { a: true, b: { a: 7 }, c: [8] }],
      ['b', null],
      ['c', 'text'],
      ['c.deeper', 1],
    ];
    expect(attempt(() => engine.process(refused))).toBeTypeOf('string');
    expect(engine.state).toBe(before);
  });
  expectSame(disturbed, run(given));
});

check('a refused registration leaves no trace', [anyProgram], (given) => {
  const broken: Rules = { sync: [['x', 'y']], flip: [['z', 'z.below']] };
  const late: Rules = { sync: [['x', 'y']], computations: [['SUM', 'z', 'z']] };
  const disturbed = run(given, (engine) => {
    expect(attempt(() => engine.register(broken))).toBe('NESTED_MEMBERS');
    expect(attempt(() => engine.register(late))).toBe('COMPUTATION_CYCLE');
  });
  const numbers = ({ changes: _, ...report }: Report) => report.after;
  const states = (outcomes: (Report | string)[]) =>
    outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : numbers(outcome)));
  expectSame(states(disturbed), states(run(given)));
});

check('states handed out and objects handed in are never written to', [anyProgram], (given) => {
  const kept = structuredClone(given);
  const seen: [state: unknown, copy: unknown][] = [];
  run(given, (engine) => seen.push([engine.state, structuredClone(engine.state)]));
  for (const [state, copy] of seen) expectSame(state, copy);
  expectSame(given, kept);
});

check(
  'conditions are always those of the state',
  [
    object,
    fc.array(boolLogic(path), { minLength: 1, maxLength: 4 }),
    fc.array(changes(path, value)),
  ],
  (initial, conditions, batches) => {
    const engine = engineOf(initial);
    const { ids } = engine.register({ conditions });
    for (const batch of batches) {
      const before = ids.conditions.map((id) => engine.holds(id));
      const report = attempt(() => engine.process(batch));
      const fresh = engineOf(engine.state);
      const answers = fresh.register({ conditions }).ids.conditions.map((id) => fresh.holds(id));
      expect(ids.conditions.map((id) => engine.holds(id))).toEqual(answers);
      const changed = ids.conditions.filter((_, index) => before[index] !== answers[index]);
      const reported = typeof report === 'string' ? [] : report.conditions.map(({ id }) => id);
      expect(reported).toEqual(changed);
    }
  },
);

check(
  'members of a sync group hold what was written last',
  [
    fc.array(fc.tuple(leafPath, leafPath), { maxLength: 4 }),
    fc.array(changes(leafPath, primitive)),
  ],
  (sync, batches) => {
    const engine = engineOf({});
    engine.register({ sync });
    for (const batch of batches) {
      const before = engine.state;
      const genuine = batch.filter(([text, found], index) => {
        const isLast = batch.slice(index + 1).every(([later]) => later !== text);
        return isLast && !Object.is(oracle.read(before, text), found);
      });
      engine.process(batch);
      for (const group of oracle.flood(sync)) {
        const last = genuine.filter(([text]) => group.includes(text)).at(-1);
        if (last === undefined) continue;
        for (const member of group) expect(engine.get(member)).toBe(last[1]);
      }
    }
  },
);

check('what is unregistered stops at once', [anyProgram, changes(path, value)], (given, batch) => {
  const engine = engineOf(given.initial);
  const all = [...given.sideEffects.map(sideEffectRules), ...given.concerns.map(concernRules)];
  for (const rules of all) attempt(() => engine.register(rules));
  for (let id = 0; id < all.length; id += 1) engine.unregister(id);
  const plain = engineOf(engine.state);
  const [left, right] = [attempt(() => engine.process(batch)), attempt(() => plain.process(batch))];
  expectSame(left, right);
});

const member = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
check(
  'components are those of a flood fill',
  [fc.array(fc.tuple(fc.boolean(), member, member), { maxLength: 60 })],
  (ops) => {
    const graph = new Graph();
    let edges: [string, string][] = [];
    for (const [isAdded, left, right] of ops) {
      if (isAdded) {
        graph.add(parsePath(left), parsePath(right));
        edges.push([left, right]);
      } else {
        const isWanted = ([one, other]: [string, string]) =>
          (one === left && other === right) || (one === right && other === left);
        const index = edges.findIndex(isWanted);
        expect(graph.remove(parsePath(left), parsePath(right))).toBe(index >= 0);
        edges = edges.filter((_, at) => at !== index);
      }
      const found = graph.components().map((paths) => paths.map(({ text }) => text).sort());
      expect(found.sort()).toEqual(oracle.flood(edges));
    }
    expect(graph.isEmpty).toBe(edges.length === 0);
    expect(graph.watch.isEmpty).toBe(edges.length === 0);
  },
);
