/**
 * A target that speaks for several sources: writing it writes them all, reading it gives what they agree on.
 *
 * A write to the target or below it goes to every source that counts, and not to the target itself. The target becomes
 * the common value of its sources; null is a value, an explicit undefined is passed over, and without a common value
 * the target is undefined. No path may be both a target and a source.
 */
import { type Batch, type Change, LINEAGE, leadsTo } from '../batch/batch.js';
import { PipelineError } from '../error.js';
import type { BoolLogic } from '../logic/logic.js';
import { type Concerned, Pairs } from '../affected/pairs.js';
import { distinct, isNear, moved, type Path } from '../state/paths.js';
import type { State } from '../state/state.js';
import { ABSENT, isSame } from '../state/values.js';

/** The registry of aggregations. */
export class Aggregations {
  readonly #pairs = new Pairs();

  /** Adds a source to a target. */
  add(target: Path, source: Path, excludeWhen: BoolLogic | undefined): number {
    const isSource = this.#pairs.all().some((pair) => pair.source.key === target.key);
    if (isNear(target, source) || isSource) throw cycle(target);
    if (this.#pairs.isTarget(source)) throw cycle(source);
    return this.#pairs.add(target, source, excludeWhen);
  }

  remove(id: number): void {
    this.#pairs.remove(id);
  }

  isTarget(path: Path): boolean {
    return this.#pairs.isTarget(path);
  }

  /** Where a write to this path goes instead; undefined when it lies at or below no target. */
  distribution(state: State, path: Path): Path[] | undefined {
    const targets = distinct(this.#pairs.targets.upwards(path));
    if (targets.length === 0) return undefined;
    return targets.flatMap((target) =>
      this.#pairs.activeSources(state, target).map((source) => moved(path, target, source)),
    );
  }

  /** Distributes what other rules wrote to targets. */
  distribute(batch: Batch, changes: readonly Change[]): void {
    if (this.#pairs.isEmpty) return;
    for (const change of changes) {
      const { stage } = change.cause;
      if (stage === 'aggregation' || stage === 'distribution') continue;
      const places = this.distribution(batch.state, change.path);
      if (places === undefined) continue;
      const value = batch.load(change);
      const cause = leadsTo(change, 'distribution', LINEAGE.isAggregationChange);
      for (const place of places) batch.write(place, value, cause);
    }
  }

  /** Reads the targets that changes concern. */
  run(batch: Batch, changes: readonly Change[]): void {
    for (const concerned of this.#pairs.concerned(changes, false)) {
      this.#readOne(batch, concerned);
    }
  }

  /** Reads the targets of these pairs, whatever changed. */
  read(batch: Batch, ids: readonly number[]): void {
    const targets = ids.flatMap((id) => this.#pairs.get(id)?.target ?? []);
    for (const target of distinct(targets)) {
      this.#readOne(batch, { target, lineage: 0, sender: undefined });
    }
  }

  #readOne(batch: Batch, { target, lineage, sender }: Concerned): void {
    batch.write(target, this.#common(batch.state, target), {
      stage: 'aggregation',
      component: -1,
      lineage: lineage | LINEAGE.isAggregationChange,
      sender,
      isOfInput: false,
    });
  }

  #common(state: State, target: Path): unknown {
    let common: unknown;
    for (const source of this.#pairs.activeSources(state, target)) {
      const value = state.capture(source);
      if (value === ABSENT) return undefined;
      if (value === undefined) continue;
      if (common === undefined) common = value;
      else if (!isSame(value, common, 'bits')) return undefined;
    }
    return common;
  }
}

function cycle(path: Path): PipelineError {
  const message = `'${path.text}' would be both target and source of aggregations`;
  return new PipelineError('AGGREGATION_CYCLE', message, path.text);
}
