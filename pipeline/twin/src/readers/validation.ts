/**
 * Which validators a batch has to run, and what their results changed.
 *
 * Whoever calls the engine runs them. A batch names each at most once, in the order of registration; results equal to
 * the one before are dropped.
 */
import type { Change } from '../batch/batch.js';
import { distinct, observed, type Path } from '../state/paths.js';
import { Registry } from '../affected/registry.js';
import { ABSENT, isPrimitive } from '../state/values.js';

interface Validator {
  readonly dependencies: readonly Path[];
  result: unknown;
}

/** The registry of validators. */
export class Validators {
  readonly #entries = new Registry<Validator>();

  /** Adds a validator that reads these paths. */
  add(dependencies: readonly Path[]): number {
    const watched = distinct(dependencies.map(observed));
    return this.#entries.add({ dependencies, result: ABSENT }, watched);
  }

  remove(id: number): void {
    this.#entries.remove(id);
  }

  /** The paths whose values a validator needs. */
  dependencies(id: number): readonly Path[] {
    return this.#entries.get(id)?.dependencies ?? [];
  }

  /** Takes a result; false when it equals the one before or the validator is gone. An object always counts as new. */
  accept(id: number, result: unknown): boolean {
    const validator = this.#entries.get(id);
    if (validator === undefined) return false;
    if (isPrimitive(result) && Object.is(validator.result, result)) return false;
    validator.result = result;
    return true;
  }

  /** The validators that changes concern. */
  plan(log: readonly Change[]): number[] {
    return this.#entries.woken(log);
  }
}
