/**
 * How a change concerns a path that a rule names: exactly, from above, or from below.
 *
 * From above: a plain object was written and holds a value for the path (an absent one is no match; null and an
 * explicit undefined are). An array never matches from above. From below: the rest of the path is kept.
 */
import { type Path, type Relation, relate, segmentsBetween } from '../state/paths.js';
import { ABSENT, at, isPlain } from '../state/values.js';

/** A named path that a change concerns, and what the change wrote for it. */
export interface Match {
  readonly path: Path;
  readonly relation: Relation;
  readonly value: unknown;
}

/** The part of a written value that belongs to the named path. */
export function extract(written: Path, value: unknown, named: Path): Match | undefined {
  const relation = relate(written, named);
  if (relation === undefined) return undefined;
  if (relation !== 'above') return { path: named, relation, value };
  const found = isPlain(value) ? at(value, segmentsBetween(written, named)) : ABSENT;
  return found === ABSENT ? undefined : { path: named, relation, value: found };
}

/** The first path of a group that a change concerns. */
export function findInGroup(
  written: Path,
  value: unknown,
  group: readonly Path[],
  mode: 'all' | 'children-only' = 'all',
): Match | undefined {
  for (const named of group) {
    const found = extract(written, value, named);
    if (found !== undefined && (mode === 'all' || found.relation === 'below')) return found;
  }
  return undefined;
}

/** The path whose counterparts a match concerns: the named one, or the written one below it. */
export function placeOf(match: Match, written: Path): Path {
  return match.relation === 'above' ? match.path : written;
}
