/**
 * Conditions, choices and texts that follow the state, and the report of those that changed.
 *
 * They are no part of the state: a path such as `form.visibleWhen` names an outcome for whoever asks, and is never
 * written. Only what watches a changed path, one above it or one below it is evaluated again.
 */
import type { Change } from '../batch/batch.js';
import { type BoolLogic, type Condition, compileBool } from '../logic/logic.js';
import { Registry } from '../affected/registry.js';
import type { State } from '../state/state.js';
import { Template } from '../logic/template.js';
import { type Choice, compileValue, NO_LEAF, type ValueLogic } from '../logic/value-logic.js';

/** What changed, each list in the order of registration. */
export interface ConcernReport {
  readonly conditions: { readonly id: number; readonly holds: boolean }[];
  readonly choices: { readonly id: number; readonly value: unknown }[];
  /** Texts whose placeholders changed. */
  readonly texts: number[];
}

/** The registry of conditions, choices and texts. */
export class Concerns {
  readonly #conditions = new Registry<{ readonly logic: Condition; holds: boolean }>();
  readonly #choices = new Registry<{ readonly logic: Choice; leaf: number }>();
  readonly #texts = new Registry<Template>();

  addCondition(state: State, written: BoolLogic): number {
    const logic = compileBool(written);
    return this.#conditions.add({ logic, holds: logic.holds(state) }, logic.watched);
  }

  addChoice(state: State, written: ValueLogic): number {
    const logic = compileValue(written);
    return this.#choices.add({ logic, leaf: logic.choose(state) }, logic.watched);
  }

  addText(source: string): number {
    const template = new Template(source);
    return this.#texts.add(template, template.watched);
  }

  removeCondition(id: number): void {
    this.#conditions.remove(id);
  }

  removeChoice(id: number): void {
    this.#choices.remove(id);
  }

  removeText(id: number): void {
    this.#texts.remove(id);
  }

  /** The answer of a condition. */
  holds(id: number): boolean | undefined {
    return this.#conditions.get(id)?.holds;
  }

  /** The literal a choice yields. */
  value(id: number): unknown {
    const choice = this.#choices.get(id);
    if (choice === undefined || choice.leaf === NO_LEAF) return undefined;
    return choice.logic.leaves[choice.leaf];
  }

  /** A text filled in. */
  text(state: State, id: number): string | undefined {
    return this.#texts.get(id)?.fill(state);
  }

  /** The paths of a text's placeholders. */
  placeholders(id: number): string[] {
    return this.#texts.get(id)?.placeholders.map((path) => path.text) ?? [];
  }

  /** Evaluates again what changes concern and reports what changed. */
  run(state: State, log: readonly Change[]): ConcernReport {
    const report: ConcernReport = { conditions: [], choices: [], texts: this.#texts.woken(log) };
    for (const id of this.#conditions.woken(log)) {
      const condition = this.#conditions.get(id);
      const holds = condition?.logic.holds(state);
      if (condition === undefined || holds === undefined || condition.holds === holds) continue;
      condition.holds = holds;
      report.conditions.push({ id, holds });
    }
    for (const id of this.#choices.woken(log)) {
      const choice = this.#choices.get(id);
      const leaf = choice?.logic.choose(state);
      if (choice === undefined || leaf === undefined || choice.leaf === leaf) continue;
      choice.leaf = leaf;
      report.choices.push({ id, value: this.value(id) });
    }
    return report;
  }
}
