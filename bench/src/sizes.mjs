/** What a browser downloads, as `make size` measures it against the budgets of `xtask/budgets.json`. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The last line of a budget: `what: 1 B gzipped of 3 B (33 %), goal 2 B`; without a goal the limit is it. */
const BUDGET = /^(.+): (\d+) B gzipped of (\d+) B \(\d+ %\)(?:, goal (\d+) B)?/;

/** A row a budget. */
export function sizes() {
  const command = ['run', '--quiet', '--package', 'xtask', '--', 'size'];
  const { stdout, stderr, error } = spawnSync('cargo', command, { cwd: root, encoding: 'utf8' });
  const rows = (stdout ?? '').split('\n').flatMap((line) => rowOf(BUDGET.exec(line)) ?? []);
  if (rows.length === 0) throw new Error(`no sizes: ${error ?? stderr}`);
  return rows;
}

function rowOf(match) {
  if (match === null) return undefined;
  const [, what, ours, limit, goal = limit] = match;
  return {
    name: `download, ${what}`,
    unit: 'B gzipped',
    ours: Number(ours),
    floor: Number(limit),
    peers: {},
    ratio: Number(ours) / Number(limit),
    goal: { text: `${goal} B`, isReached: Number(ours) <= Number(goal) },
  };
}
