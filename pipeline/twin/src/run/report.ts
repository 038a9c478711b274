/**
 * What came out of a batch or a registration.
 *
 * Changes are writes in the order in which they have to be applied: each sets one path, creating what is missing
 * above. Each path comes once, with its value at the end, and nothing below it unless the batch brought an object as
 * one piece and wrote into it afterwards: then the piece comes first and the writes follow. A plain value that is in
 * the end what it was before is left out.
 */
import type { Change } from '../batch/batch.js';
import type { ConcernReport } from '../readers/concerns.js';
import type { ListenerCall } from '../readers/listeners.js';
import type { Path } from '../state/paths.js';
import { lookIn } from '../state/state.js';
import { isPrimitive } from '../state/values.js';

/** One change of a report. */
export interface ReportedChange {
  readonly path: string;
  readonly value: unknown;
  /** The bits of {@link LINEAGE}. */
  readonly lineage: number;
  readonly sender: unknown;
}

/** What a batch or a registration did. */
export interface Report {
  readonly changes: readonly ReportedChange[];
  conditions: ConcernReport['conditions'];
  choices: ConcernReport['choices'];
  texts: number[];
  /** Validators to run. */
  validators: number[];
  /** Listeners to call, in order. */
  plan: ListenerCall[];
  /** How many inputs differed from the state. */
  readonly keptCount: number;
  /** The state before and after. */
  readonly before: unknown;
  readonly after: unknown;
}

/** A write to report. */
export interface Taken {
  readonly path: Path;
  readonly value: unknown;
  /** The write that decides lineage and sender. */
  readonly change: Change;
}

/** The changes of a log: one for each topmost path that was written. `isPiece` tells objects that came in whole. */
export function takeChanges(
  before: unknown,
  after: unknown,
  log: readonly Change[],
  isPiece: (value: unknown) => boolean,
): Taken[] {
  const [topmost, following] = takeTopmost(after, log, isPiece);
  const taken = topmost.filter(
    ({ path, value }) => !isPrimitive(value) || !Object.is(lookIn(before, path), value),
  );
  let open = following;
  while (open.length > 0) {
    const [more, rest] = takeTopmost(after, open, isPiece);
    taken.push(...more);
    open = rest;
  }
  return taken;
}

/** The topmost of these writes, and those into pieces that have to follow. */
function takeTopmost(
  after: unknown,
  log: readonly Change[],
  isPiece: (value: unknown) => boolean,
): [Taken[], Change[]] {
  const last = new Map(log.map((change, index) => [change.path.key, index]));
  const taken = new Map<number, Taken>();
  const following: Change[] = [];
  for (const [index, change] of log.entries()) {
    const topIndex = topmostAbove(change.path, last) ?? index;
    const top = log[topIndex] ?? change;
    const isWhole = isPiece(top.value);
    if (!taken.has(topIndex)) {
      const value = isWhole ? top.value : lookIn(after, top.path);
      taken.set(topIndex, { path: top.path, value, change: top });
    }
    if (isWhole && index > topIndex) following.push(change);
  }
  return [[...taken.values()], following];
}

function topmostAbove(path: Path, last: ReadonlyMap<string, number>): number | undefined {
  let found: number | undefined;
  for (let above: Path | undefined = path; above !== undefined; above = above.parent) {
    found = last.get(above.key) ?? found;
  }
  return found;
}
