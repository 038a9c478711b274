/** Every case of the vectors, and that a wrong expectation does not pass. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runFile, type VectorFile } from '../src/vectors/cases.js';

const PATH = fileURLToPath(new URL('../../tests/vectors/pipeline.json', import.meta.url));
const FILE: VectorFile = JSON.parse(readFileSync(PATH, 'utf8'));

test('every case comes out as expected', () => {
  expect(runFile(FILE)).toEqual({ passed: 65, failures: [] });
});

test('a case with another expectation fails, whatever its kind', () => {
  const wrong = FILE.cases.map((one) => ({ ...one, expect: otherThan(one.expect) }));
  expect(runFile({ ...FILE, cases: wrong }).passed).toBe(0);
});

test('an unknown kind or an unknown expectation fails', () => {
  const [one] = FILE.cases.filter(({ kind }) => kind === 'pipeline');
  const strange = [
    { ...one, kind: 'toString' },
    { ...one, expect: { ...(one?.expect as object), more: 1 } },
  ];
  expect(runFile({ ...FILE, cases: strange }).failures).toHaveLength(2);
});

test('the command prints the tally last and fails when a case does', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-vectors-'));
  const wrong = join(folder, 'wrong.json');
  writeFileSync(wrong, JSON.stringify({ cases: [{ id: 'odd', kind: 'nothing', input: {} }] }));
  const run = (file: string) => {
    const command = ['run', '--silent', 'vectors', '--', file];
    const { status, stdout } = spawnSync('npm', command, { encoding: 'utf8' });
    return { status, last: stdout.trim().split('\n').at(-1) };
  };
  expect(run(PATH)).toEqual({ status: 0, last: '65 passed, 0 failed' });
  expect(run(wrong)).toEqual({ status: 1, last: '0 passed, 1 failed' });
  expect(run(`${wrong}.missing`)).toEqual({ status: 2, last: '' });
  rmSync(folder, { recursive: true });
}, 60_000);

/** Something else of the same shape. */
function otherThan(expected: unknown): unknown {
  if (typeof expected === 'boolean') return !expected;
  if (Array.isArray(expected)) return [...expected, 'more'];
  const [key = 'more'] = Object.keys(expected as object);
  const isSteps = key === 'componentsAfterEachOp';
  return { ...(expected as object), [key]: isSteps ? [[['a', 'b', 'c', 'd']]] : 'other' };
}
