/**
 * The crate and the twin on the same random programs: `npm run cross -w @aimdb/pipeline-twin`.
 *
 * Programs are made from a printed seed (SEED=, COUNT= choose others). What the twin makes of each is written down as
 * what is expected, in the format of the vectors, and the crate's own runner says where it differs.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PipelineError } from '../src/error.js';
import { gotOf, type VectorCase } from '../src/vectors/cases.js';
import { encode } from '../src/vectors/json.js';
import {
  boolLogic,
  changes,
  leafPath,
  object,
  path,
  program,
  value,
  valueLogic,
} from '../test/support/arbitraries.js';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const COUNT = Number(process.env.COUNT ?? 4000);

const member = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const op = fc.tuple(fc.constantFrom('add', 'remove'), member, member);
const KINDS: readonly (readonly [kind: string, share: number, input: fc.Arbitrary<unknown>])[] = [
  ['pipeline', 0.5, program(path)],
  ['pipeline', 0.3, program(leafPath)],
  ['boolLogic', 0.05, fc.record({ state: object, expr: boolLogic(path) })],
  ['valueLogic', 0.05, fc.record({ state: object, expr: valueLogic(path) })],
  ['diff', 0.04, fc.record({ state: object, changes: changes(path, value) })],
  ['graph', 0.03, fc.record({ ops: fc.array(op, { maxLength: 20 }) })],
  [
    'normalize',
    0.03,
    fc.record({
      changes: changes(path, value),
      pathGroups: fc.array(fc.array(path, { maxLength: 3 }), { maxLength: 3 }),
      matchMode: fc.constantFrom('all', 'children-only'),
    }),
  ],
];

/** The cases, with what the twin makes of each as what is expected. */
function cases(): unknown[] {
  return KINDS.flatMap(([kind, share, arbitrary], offset) => {
    const numRuns = Math.ceil(COUNT * share);
    const inputs = fc.sample(arbitrary, { seed: SEED + offset, numRuns });
    return inputs.flatMap((input, index) => {
      const one = { id: `${kind}-${offset}-${index}`, kind, input: input as object };
      const got = gotOrRefused({ ...one, expect: undefined });
      return got === REFUSED ? [] : [{ ...one, input: encode(input), expect: encode(got) }];
    });
  });
}

const REFUSED: unique symbol = Symbol('refused');

/** A single change of kind `diff` may be one that no state can take: that is no case of its kind. */
function gotOrRefused(one: VectorCase): unknown {
  try {
    return gotOf(one, {});
  } catch (error) {
    if (one.kind === 'diff' && error instanceof PipelineError) return REFUSED;
    throw error;
  }
}

test(`the crate comes to the same results as the twin (seed ${SEED})`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-cross-'));
  const file = join(folder, `seed-${SEED}.json`);
  writeFileSync(file, JSON.stringify({ format: 'pipeline-vectors/1', cases: cases() }));
  const command = ['run', '-q', '--release', '-p', 'aimdb-pipeline', '--example', 'vectors', '--'];
  const { stdout, stderr, status } = spawnSync('cargo', [...command, file], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const summary = stdout.trim().split('\n').at(-1);
  console.log(`seed ${SEED}: ${summary} (${file})`);
  expect(status, `${stdout.slice(0, 4000)}\n${stderr}`).toBe(0);
  // A file of failures stays for whoever looks into them.
  rmSync(folder, { recursive: true });
});
