/** The crate's own benchmark: the work inside the engine, built natively, with its allocations counted. */
import { execFileSync } from 'node:child_process';
import { root } from './sizes.mjs';

const ROW =
  /^(?<name>.+?) +(?<number>-?[\d.]+) (?<unit>us|kB|bytes)\b(?<rest>.*) target (?<target>.+)$/;

/**
 * One row a line of the example, with `name`, `unit`, `ours`, `allocations` where it counts them, and
 * the `goal`. Takes as long as cargo needs to build it.
 */
export function nativeRows() {
  const command = [
    'run',
    '--quiet',
    '--release',
    '--package',
    'aimdb-pipeline',
    '--example',
    'bench',
  ];
  const output = execFileSync('cargo', command, { cwd: root, encoding: 'utf8' });
  const rows = output.trim().split('\n').map(parsed);
  if (rows.length === 0) throw new Error('the benchmark of the crate printed no rows');
  return rows;
}

function parsed(line) {
  const found = ROW.exec(line)?.groups;
  if (!found) throw new Error(`the benchmark of the crate printed what is no row: ${line}`);
  const { name, number, unit, rest, target } = found;
  const ours = Number(number);
  const allocations = /(?<count>[\d.]+) allocations/.exec(rest)?.groups.count;
  return {
    name: `natively, ${name}`,
    unit,
    ours,
    ...(allocations && { allocations: Number(allocations) }),
    ...(target !== '-' && { goal: goalOf(target, ours, Number(allocations)) }),
  };
}

/** A target reads `< 10 us`, `< 10 us, 0` (with that many allocations) or a number that may not be exceeded. */
function goalOf(target, ours, allocations) {
  const [first, count] = target.split(', ');
  const limit = Number.parseFloat(first.replace('< ', ''));
  const isBelow = first.startsWith('<') ? ours < limit : ours <= limit;
  return {
    text: count ? `${first}, ${count} allocations` : first,
    isReached: isBelow && (count === undefined || allocations <= Number(count)),
  };
}
