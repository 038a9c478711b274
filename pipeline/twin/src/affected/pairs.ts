/**
 * Pairs of a target and a source with an optional condition: the common registry of aggregations and computations.
 *
 * A source counts while its condition does not hold. A target is concerned when a source, something above or below it
 * or a path of a condition changes; the answer comes in the order of registration.
 */
import type { Change } from '../batch/batch.js';
import { type BoolLogic, type Condition, compileBool } from '../logic/logic.js';
import { observed, type Path } from '../state/paths.js';
import { Registry } from './registry.js';
import type { State } from '../state/state.js';
import { Watch } from '../watch/watch.js';

/** One source of a target. */
export interface Pair {
  readonly target: Path;
  readonly source: Path;
  readonly excludeWhen: Condition | undefined;
}

/** A target whose value has to be found again, and why. */
export interface Concerned {
  readonly target: Path;
  readonly lineage: number;
  readonly sender: unknown;
}

/** The registry. */
export class Pairs {
  readonly #pairs = new Registry<Pair>();
  readonly #byTarget = new Map<string, Map<number, Pair>>();
  /** Each target as often as it has sources. */
  readonly targets = new Watch<Path>();

  get isEmpty(): boolean {
    return this.#pairs.isEmpty;
  }

  add(target: Path, source: Path, excludeWhen: BoolLogic | undefined): number {
    const condition = excludeWhen === undefined ? undefined : compileBool(excludeWhen);
    const pair = { target, source, excludeWhen: condition };
    const id = this.#pairs.add(pair, [observed(source), ...(condition?.watched ?? [])]);
    const ofTarget = this.#byTarget.get(target.key) ?? new Map<number, Pair>();
    this.#byTarget.set(target.key, ofTarget.set(id, pair));
    this.targets.add(target, target);
    return id;
  }

  remove(id: number): void {
    const pair = this.#pairs.remove(id);
    if (pair === undefined) return;
    const ofTarget = this.#byTarget.get(pair.target.key);
    ofTarget?.delete(id);
    if (ofTarget?.size === 0) this.#byTarget.delete(pair.target.key);
    // The watch knows a target by the object it was added with.
    const known = this.targets.upwards(pair.target).find((path) => path.key === pair.target.key);
    if (known !== undefined) this.targets.remove(known, known);
  }

  get(id: number): Pair | undefined {
    return this.#pairs.get(id);
  }

  all(): Pair[] {
    return [...this.#pairs.entries()].map(([, pair]) => pair);
  }

  isTarget(path: Path): boolean {
    return this.#byTarget.has(path.key);
  }

  /** The sources of a target that count in this state, in the order of registration. */
  activeSources(state: State, target: Path): Path[] {
    const pairs = [...(this.#byTarget.get(target.key)?.values() ?? [])];
    return pairs.filter((pair) => !pair.excludeWhen?.holds(state)).map((pair) => pair.source);
  }

  /** The targets that changes concern. With `isOwner` also those that were written over from above. */
  concerned(changes: readonly Change[], isOwner: boolean): Concerned[] {
    const found = new Map<string, Concerned>();
    if (this.isEmpty) return [];
    for (const { path, cause } of changes) {
      const targets = this.#pairs.related(path).map((id) => this.#pairs.get(id)?.target);
      if (isOwner) targets.push(...this.targets.below(path));
      for (const target of targets) {
        if (target === undefined) continue;
        const lineage = (found.get(target.key)?.lineage ?? 0) | cause.lineage;
        found.set(target.key, { target, lineage, sender: cause.sender });
      }
    }
    return [...found.values()].sort(
      (left, right) => this.#firstId(left.target) - this.#firstId(right.target),
    );
  }

  #firstId(target: Path): number {
    const [first] = this.#byTarget.get(target.key)?.keys() ?? [];
    return first ?? 0;
  }
}
