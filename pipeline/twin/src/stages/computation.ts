/**
 * Targets that are the sum or the average of numbers.
 *
 * Only numbers count. The sum of nothing is 0, the average of nothing is undefined. Nobody else may write a target: the
 * batch that tries is refused.
 */
import { type Batch, type Change, LINEAGE } from '../batch/batch.js';
import { PipelineError } from '../error.js';
import type { BoolLogic } from '../logic/logic.js';
import { type Concerned, Pairs } from '../affected/pairs.js';
import { distinct, isNear, type Path } from '../state/paths.js';
import type { Watch } from '../watch/watch.js';

/** What is computed. */
export type Operation = 'SUM' | 'AVG';

/** The registry of computations. */
export class Computations {
  readonly #pairs = new Pairs();
  readonly #operations = new Map<string, Operation>();

  /** Adds a source to a target. */
  add(
    operation: Operation,
    target: Path,
    source: Path,
    excludeWhen: BoolLogic | undefined,
  ): number {
    const known = this.#operations.get(target.key);
    if (known !== undefined && known !== operation) {
      const message = `'${target.text}' is already the target of another kind of rule`;
      throw new PipelineError('TARGET_TAKEN', message, target.text);
    }
    if (this.#dependsOn(source, target)) {
      const message = `the computation of '${target.text}' depends on itself`;
      throw new PipelineError('COMPUTATION_CYCLE', message, target.text);
    }
    const id = this.#pairs.add(target, source, excludeWhen);
    this.#operations.set(target.key, operation);
    return id;
  }

  remove(id: number): void {
    const target = this.#pairs.get(id)?.target;
    if (target === undefined) return;
    this.#pairs.remove(id);
    if (!this.#pairs.isTarget(target)) this.#operations.delete(target.key);
  }

  isTarget(path: Path): boolean {
    return this.#pairs.isTarget(path);
  }

  /** The targets, which nobody else may write. */
  get targets(): Watch<Path> {
    return this.#pairs.targets;
  }

  /** Computes the targets that changes concern. */
  run(batch: Batch, changes: readonly Change[]): void {
    for (const concerned of this.#pairs.concerned(changes, true)) {
      this.#computeOne(batch, concerned);
    }
  }

  /** Computes the targets of these pairs, whatever changed. */
  compute(batch: Batch, ids: readonly number[]): void {
    const targets = ids.flatMap((id) => this.#pairs.get(id)?.target ?? []);
    for (const target of distinct(targets)) {
      this.#computeOne(batch, { target, lineage: 0, sender: undefined });
    }
  }

  #computeOne(batch: Batch, { target, lineage, sender }: Concerned): void {
    const values = this.#pairs
      .activeSources(batch.state, target)
      .map((source) => batch.state.look(source));
    const numbers = values.filter((value) => typeof value === 'number');
    const sum = numbers.reduce((total, number) => total + number, 0);
    const isEmptyAverage = this.#operations.get(target.key) === 'AVG' && numbers.length === 0;
    const average = isEmptyAverage ? undefined : sum / numbers.length;
    batch.write(target, this.#operations.get(target.key) === 'AVG' ? average : sum, {
      stage: 'computation',
      component: -1,
      lineage: lineage | LINEAGE.isComputationChange,
      sender,
      isOfInput: false,
    });
  }

  /** Whether the value at `path` follows from the value at `origin` by the computations there are. */
  #dependsOn(path: Path, origin: Path): boolean {
    const open = new Map([[path.key, path]]);
    for (const next of open.values()) {
      if (isNear(next, origin)) return true;
      for (const pair of this.#pairs.all()) {
        if (isNear(pair.target, next)) open.set(pair.source.key, pair.source);
      }
    }
    return false;
  }
}
