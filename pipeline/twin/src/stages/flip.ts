/**
 * Booleans that are each other's inverse.
 *
 * A boolean written to a member gives its inverse to the others. Anything else is ignored. What the batch itself wrote
 * is left as written, so a batch that writes all members decides alone.
 */
import { type Batch, type Change, LINEAGE, leadsTo } from '../batch/batch.js';
import { Graph } from '../watch/graph.js';
import { findGroups } from '../affected/groups.js';
import { extract, placeOf } from '../affected/matching.js';
import { moved } from '../state/paths.js';
import { isPlain } from '../state/values.js';

/** Keys of paths that were written by something other than a flip since the batch began. */
export type Written = Set<string>;

/** The registry of flip groups. */
export class Flip {
  readonly graph = new Graph();

  /** Inverts for the others what changes wrote to one member. */
  run(batch: Batch, changes: readonly Change[], written: Written): void {
    const isOwn = ({ cause }: Change, component: number) =>
      cause.stage === 'flip' && cause.component === component;
    const matches = findGroups(this.graph, batch, changes, isOwn).flat();
    for (const { change } of matches) {
      if (change.cause.stage !== 'flip') this.#noteWritten(batch, change, written);
    }
    for (const match of matches) {
      const { change, component } = match;
      const found = extract(change.path, batch.load(change), match.path);
      if (typeof found?.value !== 'boolean') continue;
      const cause = leadsTo(change, 'flip', LINEAGE.isFlipPathChange, component);
      for (const member of this.graph.members(component)) {
        if (member.key === match.path.key) continue;
        const target = moved(placeOf(match, change.path), match.path, member);
        if (!written.has(target.key)) batch.write(target, !found.value, cause);
      }
    }
  }

  /** Every member that the change wrote, not only the first of each group. */
  #noteWritten(batch: Batch, change: Change, written: Written): void {
    written.add(change.path.key);
    if (!isPlain(change.value)) return;
    const value = batch.load(change);
    for (const member of this.graph.watch.below(change.path)) {
      if (extract(change.path, value, member) !== undefined) written.add(member.key);
    }
  }
}
