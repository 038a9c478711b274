/**
 * Paths that always hold the same value: groups in which every member follows every other, and one-way pairs.
 *
 * A change on one member is written to all the others, with the rest of the path kept when it lies below the member.
 * When a batch writes several members the last write wins for all. A group that disagrees when it is registered takes
 * the most frequent value that is neither null nor undefined; a tie goes to the shallowest member, then to the one
 * with the smallest path.
 */
import { type Batch, type Change, LINEAGE, leadsTo, UNPROMPTED } from '../batch/batch.js';
import { Graph } from '../watch/graph.js';
import { findGroups, type GroupMatch } from '../affected/groups.js';
import { extract, placeOf } from '../affected/matching.js';
import { distinct, moved, type Path, segmentsBetween } from '../state/paths.js';
import type { State } from '../state/state.js';
import { isNil, isSame } from '../state/values.js';
import { Watch } from '../watch/watch.js';

const AGREEMENT = { ...UNPROMPTED, stage: 'agreement', lineage: LINEAGE.isSyncPathChange } as const;

interface OneWay {
  readonly from: Path;
  readonly to: Path;
}

/** The registry of sync groups and one-way pairs. */
export class Sync {
  readonly graph = new Graph();
  readonly #oneWay = new Watch<OneWay>();
  readonly #pairs: OneWay[] = [];

  /** Lets one path follow another. */
  addOneWay(from: Path, to: Path): void {
    const pair = { from, to };
    this.#pairs.push(pair);
    this.#oneWay.add(from, pair);
  }

  /** Takes one such pair back. */
  removeOneWay(from: Path, to: Path): void {
    const isWanted = (pair: OneWay) => pair.from.key === from.key && pair.to.key === to.key;
    const index = this.#pairs.findIndex(isWanted);
    const pair = this.#pairs[index];
    if (pair === undefined) return;
    this.#pairs.splice(index, 1);
    this.#oneWay.remove(from, pair);
  }

  /** Carries changes to the other members. */
  run(batch: Batch, changes: readonly Change[]): void {
    this.#runGroups(batch, changes);
    this.#runOneWay(batch, changes);
  }

  /** Lets the groups of these paths agree. */
  agree(batch: Batch, paths: readonly Path[]): void {
    const components = new Set(paths.map((path) => this.graph.component(path)));
    for (const component of components) {
      if (component === undefined) continue;
      const members = this.graph.members(component);
      const winner = mostFrequent(batch.state, members);
      if (winner === undefined) continue;
      const value = batch.state.capture(winner);
      for (const member of members) batch.write(member, value, { ...AGREEMENT, component });
    }
  }

  /** Lets the target of a one-way pair take the value of its source, unless that is null or undefined. */
  agreeOneWay(batch: Batch, from: Path, to: Path): void {
    const value = batch.state.capture(from);
    if (!isNil(value)) batch.write(to, value, AGREEMENT);
  }

  #runGroups(batch: Batch, changes: readonly Change[]): void {
    const isOwn = ({ cause }: Change, component: number) =>
      (cause.stage === 'sync' || cause.stage === 'agreement') && cause.component === component;
    const loaded: Loaded = { change: undefined, value: undefined };
    for (const group of findGroups(this.graph, batch, changes, isOwn)) {
      const isContested = group.some((match) => match.path.key !== group[0]?.path.key);
      for (const [index, match] of group.entries()) {
        if (isContested && isSuperseded(match, group.slice(index + 1))) continue;
        if (loaded.change !== match.change) {
          loaded.change = match.change;
          loaded.value = batch.load(match.change);
        }
        this.#spread(batch, match, loaded.value, isContested);
      }
    }
  }

  /** Writes to the members; also to the written one when another member's change may have gone over it. */
  #spread(batch: Batch, match: GroupMatch, value: unknown, isContested: boolean): void {
    const { change, component } = match;
    const found = extract(change.path, value, match.path);
    if (found === undefined) return;
    const cause = leadsTo(change, 'sync', LINEAGE.isSyncPathChange, component);
    for (const member of this.graph.members(component)) {
      if (member.key !== match.path.key || isContested) {
        const target = moved(placeOf(match, change.path), match.path, member);
        batch.write(target, found.value, cause);
      }
    }
  }

  #runOneWay(batch: Batch, changes: readonly Change[]): void {
    if (this.#oneWay.isEmpty) return;
    for (const change of changes) {
      const pairs = this.#oneWay.related(change.path);
      if (pairs.length === 0) continue;
      const value = batch.load(change);
      for (const { from, to } of pairs) {
        const found = extract(change.path, value, from);
        if (found === undefined) continue;
        const target = moved(placeOf(found, change.path), from, to);
        batch.write(target, found.value, leadsTo(change, 'sync', LINEAGE.isSyncPathChange));
      }
    }
  }
}

/** The value of the change at hand: loaded once, also when it concerns several groups. */
interface Loaded {
  change: Change | undefined;
  value: unknown;
}

/** Whether a later change of the group goes over everything this one wrote. */
function isSuperseded(match: GroupMatch, later: readonly GroupMatch[]): boolean {
  const written = (found: GroupMatch) =>
    segmentsBetween(found.path, placeOf(found, found.change.path));
  const mine = written(match);
  return later.some((next) => written(next).every((segment, depth) => mine[depth] === segment));
}

/** The member that holds the value most of them hold. */
function mostFrequent(state: State, members: readonly Path[]): Path | undefined {
  const classes: { value: unknown; paths: Path[] }[] = [];
  for (const path of distinct(members)) {
    const value = state.look(path);
    if (isNil(value)) continue;
    const same = classes.find((known) => isSame(known.value, value, 'bits'));
    if (same === undefined) classes.push({ value, paths: [path] });
    else same.paths.push(path);
  }
  const best = classes.map(({ paths }) => ({
    count: paths.length,
    path: paths.reduce((left, right) => (compareRank(left, right) <= 0 ? left : right)),
  }));
  best.sort((left, right) => right.count - left.count || compareRank(left.path, right.path));
  return best[0]?.path;
}

/** The shallowest first, then the smallest by code units. */
function compareRank(left: Path, right: Path): number {
  return left.depth - right.depth || (left.text < right.text ? -1 : Number(left.text > right.text));
}
