/**
 * Which components of a graph the changes of a batch concern: the common part of sync and flip.
 *
 * At most one match for each change and component: the component's first member that the change concerns. Matches come
 * grouped by component, in the order in which the batch first touched them, and within one in the order of the batch.
 */
import type { Batch, Change } from '../batch/batch.js';
import type { Graph } from '../watch/graph.js';
import { findInGroup } from './matching.js';
import type { Path, Relation } from '../state/paths.js';
import { isPlain } from '../state/values.js';

/** A change that concerns a component. */
export interface GroupMatch {
  readonly component: number;
  readonly path: Path;
  readonly relation: Relation;
  /** What was written for the member as the batch first saw it. */
  readonly value: unknown;
  readonly change: Change;
}

/** All matches of a stretch of the log, by component. `isOwn` sorts out changes that a component made itself. */
export function findGroups(
  graph: Graph,
  batch: Batch,
  changes: readonly Change[],
  isOwn: (change: Change, component: number) => boolean,
): GroupMatch[][] {
  const found = new Map<number, GroupMatch[]>();
  const firstTouched = new Map<number, number>();
  if (graph.isEmpty) return [];
  for (const [index, change] of changes.entries()) {
    for (const [component, group] of near(graph, change)) {
      const value = isPlain(change.value) ? batch.load(change) : change.value;
      const match = findInGroup(change.path, value, group);
      if (match === undefined || isOwn(change, component)) continue;
      if (!firstTouched.has(component)) firstTouched.set(component, index);
      const matches = found.get(component) ?? [];
      matches.push({ ...match, component, change });
      found.set(component, matches);
    }
  }
  const rank = (component: number) => firstTouched.get(component) ?? 0;
  return [...found]
    .sort(
      ([left], [right]) =>
        rank(left) - rank(right) || graph.firstOrder(left) - graph.firstOrder(right),
    )
    .map(([, matches]) => matches);
}

/** The members a change may concern, by component, each in joining order. */
function near(graph: Graph, change: Change): Map<number, Path[]> {
  const members = graph.watch.upwards(change.path);
  if (isPlain(change.value)) members.push(...graph.watch.below(change.path));
  members.sort((left, right) => graph.order(left) - graph.order(right));
  const groups = new Map<number, Path[]>();
  for (const member of members) {
    const component = graph.component(member) ?? -1;
    const group = groups.get(component);
    if (group === undefined) groups.set(component, [member]);
    else group.push(member);
  }
  return groups;
}
