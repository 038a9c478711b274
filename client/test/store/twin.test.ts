/**
 * The engine in WebAssembly and the twin in plain TypeScript on the same random programs of registrations and
 * batches: states, lineage, plans and refusals must be the same. A failure prints its seed (`SEED=` and `COUNT=`
 * choose others).
 */
import { Engine as Twin } from '@aimdb/pipeline-twin';
import init, {
  type EngineReport,
  type EngineRules,
  type StoreEngine,
  WasmEngine,
} from '@aimdb/wasm/store';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { concernRules, sideEffectRules } from '../../../pipeline/twin/src/vectors/rules.js';
import {
  leafPath,
  type Program,
  path,
  program,
} from '../../../pipeline/twin/test/support/arbitraries.js';

declare const process: { env: Record<string, string | undefined> } | undefined;
const env = typeof process === 'undefined' ? {} : process.env;
// One by default, so that a run fails for what changed and not by chance; others are for looking further.
const SEED = Number(env.SEED ?? 1);
const COUNT = Number(env.COUNT ?? 2000);

beforeAll(() => init());

/** What somebody can see of a report. */
function seen(report: EngineReport): unknown {
  const { before, keptCount, conditions, choices, validators } = report;
  const changes = report.changes.map(({ path, value, lineage, sender }) => {
    return { path, value, lineage, sender };
  });
  const plan = report.plan.map(({ listener, changes: called }) => {
    const relative = called.map(({ index, relativePath }) => [changes[index]?.path, relativePath]);
    return { listener, relative: relative };
  });
  const after = report.after;
  return {
    before,
    after,
    changes,
    plan,
    keptCount,
    conditions: [...conditions],
    choices: [...choices],
    validators: [...validators],
  };
}

/** Rules that go in circles: which limit they meet first depends on how an engine counts. */
const CIRCLES = ['NOT_SETTLED', 'TOO_MANY_WRITES', 'PATH_TOO_DEEP'];

/** What it does, or the code of the refusal. */
function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    const { code } = error as { code: string };
    return { refused: CIRCLES.includes(code) ? 'in circles' : code };
  }
}

/** Everything that comes out of a program, step by step. */
function* run(engine: StoreEngine, given: Program): Generator<unknown> {
  yield seen(engine.process([['', given.initial]]));
  const ids = new Map<string, number[]>();
  const entries: [string | undefined, () => EngineRules][] = [
    ...given.sideEffects.map((entry): [string | undefined, () => EngineRules] => [
      entry.id,
      () => sideEffectRules(entry) as EngineRules,
    ]),
    ...given.concerns.map((entry): [string | undefined, () => EngineRules] => [
      entry.id,
      () => concernRules(entry) as EngineRules,
    ]),
  ];
  for (const [name = '', rules] of entries) {
    yield attempt(() => {
      const registered = engine.register(rules());
      ids.set(name, [...(ids.get(name) ?? []), registered.ids.id]);
      return { ids: registered.ids, report: seen(registered.report) };
    });
  }
  for (const [index, step] of given.steps.entries()) {
    if (step.unregister !== undefined) {
      for (const id of ids.get(step.unregister) ?? []) yield engine.unregister(id);
    }
    const changes = step.changes.map(([path, value]) => [path, value, { sender: index }] as const);
    yield attempt(() => seen(engine.process(changes)));
    yield engine.state;
  }
}

test('a target of several sources is read once when its rules wake', () => {
  const rules: EngineRules = {
    aggregations: [
      ['b.c', 'a.a'],
      ['b.d', 'a.d'],
      ['b.c', 'a.c', { NOT: { LTE: ['b.d', 0] } }],
    ],
    clears: [{ triggers: ['a.[*]'], targets: ['a.a'] }],
    anchor: 'a.a',
  };
  const reports = [new WasmEngine(), new Twin() as unknown as StoreEngine].map((engine) => {
    engine.register(rules);
    const changes = [
      ['a.a', 'true'],
      ['a.d', 0],
    ] as const;
    return seen(engine.process(changes));
  });
  expect(reports[0]).toStrictEqual(reports[1]);
  expect(reports[0]).toMatchObject({
    changes: expect.arrayContaining([expect.objectContaining({ path: 'b.c', lineage: 12 })]),
  });
});

test.each([
  ['paths that lie above each other', path],
  ['paths that do not', leafPath],
])(
  `both engines agree on ${COUNT} programs over %s (seed ${SEED})`,
  (_, paths) => {
    fc.assert(
      fc.property(program(paths), (given) => {
        const options = given.passes === undefined ? {} : { passes: given.passes };
        const wasm = new WasmEngine(options);
        const twin = new Twin(options);
        try {
          const theirs = run(twin as unknown as StoreEngine, given);
          for (const ours of run(wasm, given)) expect(ours).toStrictEqual(theirs.next().value);
        } finally {
          wasm.free();
        }
      }),
      { seed: SEED, numRuns: COUNT },
    );
  },
  600_000,
);
