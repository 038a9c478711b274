/**
 * What can be registered, as it is written, and the one place that puts it into the stages and takes it out.
 *
 * A set of rules is put in completely or not at all: everything that was put in leaves a way to take it out.
 */
import { Aggregations } from '../stages/aggregation.js';
import type { Batch } from '../batch/batch.js';
import { Clear, type ClearRule } from '../stages/clear.js';
import { Computations, type Operation } from '../stages/computation.js';
import { Concerns } from '../readers/concerns.js';
import { PipelineError } from '../error.js';
import { Flip } from '../stages/flip.js';
import { Listeners } from '../readers/listeners.js';
import { type BoolLogic, malformed } from '../logic/logic.js';
import { isNear, type Path, parsePath } from '../state/paths.js';
import type { State } from '../state/state.js';
import { Sync } from '../stages/sync.js';
import { Validators } from '../readers/validation.js';
import type { ValueLogic } from '../logic/value-logic.js';

/** Two paths. */
export type PathPair = readonly [left: string, right: string];

/** Everything that is registered and unregistered together. */
export interface Rules {
  /** Pairs of paths that hold the same value. */
  readonly sync?: readonly PathPair[];
  /** Pairs in which the second follows the first. */
  readonly oneWay?: readonly PathPair[];
  /** Pairs of booleans that are each other's inverse. */
  readonly flip?: readonly PathPair[];
  readonly aggregations?: readonly (readonly [
    target: string,
    source: string,
    excludeWhen?: BoolLogic | undefined,
  ])[];
  readonly computations?: readonly (readonly [
    operation: Operation,
    target: string,
    source: string,
    excludeWhen?: BoolLogic | undefined,
  ])[];
  readonly clears?: readonly ClearRule[];
  readonly listeners?: readonly { readonly paths: readonly string[]; readonly scope?: string }[];
  readonly conditions?: readonly BoolLogic[];
  readonly choices?: readonly ValueLogic[];
  /** Texts with placeholders. */
  readonly texts?: readonly string[];
  /** Validators, each with the paths it reads. */
  readonly validators?: readonly (readonly string[])[];
  /** While nothing is at this path the whole registration sleeps. */
  readonly anchor?: string | undefined;
}

/** The ids a registration was given, each list in the order of the rules. */
export interface Registered {
  readonly id: number;
  readonly listeners: readonly number[];
  readonly conditions: readonly number[];
  readonly choices: readonly number[];
  readonly texts: readonly number[];
  readonly validators: readonly number[];
}

/** What only reads, by id. */
export type Readers = Omit<Registered, 'id'>;

/** Rules that write, as they lie in the stages. */
export interface Installed {
  readonly synced: Path[];
  readonly oneWay: [from: Path, to: Path][];
  readonly aggregations: number[];
  readonly computations: number[];
  /** The way back. */
  readonly removals: (() => void)[];
}

/** The registries of all stages. */
export class Stages {
  readonly sync = new Sync();
  readonly flip = new Flip();
  readonly aggregations = new Aggregations();
  readonly computations = new Computations();
  readonly clear = new Clear();
  readonly concerns = new Concerns();
  readonly validators = new Validators();
  readonly listeners = new Listeners();

  /** Puts the rules that write into the stages; after an error none of them is in. */
  install(rules: Rules): Installed {
    const installed = nothing();
    try {
      this.#installPairs(rules, installed);
      this.#installTargets(rules, installed);
    } catch (error) {
      uninstall(installed);
      throw error;
    }
    return installed;
  }

  /** Puts in what only reads; after an error none of it is in. */
  installReaders(state: State, rules: Rules): { ids: Readers; removals: (() => void)[] } {
    const removals: (() => void)[] = [];
    const { concerns, listeners, validators } = this;
    const each = <Rule>(
      written: readonly Rule[] | undefined,
      add: (rule: Rule) => number,
      remove: (id: number) => void,
    ) =>
      (written ?? []).map((rule) => {
        const id = add(rule);
        removals.push(() => remove(id));
        return id;
      });
    try {
      const ids = {
        listeners: each(
          rules.listeners,
          ({ paths, scope }) => listeners.add(paths.map(pathOf), pathOf(scope ?? '')),
          (id) => listeners.remove(id),
        ),
        conditions: each(
          rules.conditions,
          (logic) => concerns.addCondition(state, logic),
          (id) => concerns.removeCondition(id),
        ),
        choices: each(
          rules.choices,
          (logic) => concerns.addChoice(state, logic),
          (id) => concerns.removeChoice(id),
        ),
        texts: each(
          rules.texts,
          (source) => concerns.addText(source),
          (id) => concerns.removeText(id),
        ),
        validators: each(
          rules.validators,
          (dependencies) => validators.add(dependencies.map(pathOf)),
          (id) => validators.remove(id),
        ),
      };
      return { ids, removals };
    } catch (error) {
      runAll(removals);
      throw error;
    }
  }

  /** Lets the state agree with rules that have just been put in. */
  agree(batch: Batch, installed: Installed): void {
    this.sync.agree(batch, installed.synced);
    for (const [from, to] of installed.oneWay) this.sync.agreeOneWay(batch, from, to);
    this.aggregations.read(batch, installed.aggregations);
    this.computations.compute(batch, installed.computations);
  }

  #installPairs(rules: Rules, installed: Installed): void {
    const { sync, flip } = this;
    for (const pair of rules.sync ?? []) {
      const [left, right] = pathsOf(pair);
      refuseNested(left, sync.graph.wouldNest(left, right));
      sync.graph.add(left, right);
      installed.synced.push(left, right);
      installed.removals.push(() => sync.graph.remove(left, right));
    }
    for (const pair of rules.oneWay ?? []) {
      const [from, to] = pathsOf(pair);
      refuseNested(from, from.key !== to.key && isNear(from, to));
      sync.addOneWay(from, to);
      installed.oneWay.push([from, to]);
      installed.removals.push(() => sync.removeOneWay(from, to));
    }
    for (const pair of rules.flip ?? []) {
      const [left, right] = pathsOf(pair);
      refuseNested(left, flip.graph.wouldNest(left, right));
      flip.graph.add(left, right);
      installed.removals.push(() => flip.graph.remove(left, right));
    }
  }

  #installTargets(rules: Rules, installed: Installed): void {
    const { aggregations, computations, clear } = this;
    for (const [target, source, excludeWhen] of rules.aggregations ?? []) {
      refuseTaken(target, computations.isTarget(pathOf(target)));
      const id = aggregations.add(pathOf(target), pathOf(source), excludeWhen);
      installed.aggregations.push(id);
      installed.removals.push(() => aggregations.remove(id));
    }
    for (const [operation, target, source, excludeWhen] of rules.computations ?? []) {
      if (operation !== 'SUM' && operation !== 'AVG') throw malformed(operation, 'operation');
      refuseTaken(target, aggregations.isTarget(pathOf(target)));
      const id = computations.add(operation, pathOf(target), pathOf(source), excludeWhen);
      installed.computations.push(id);
      installed.removals.push(() => computations.remove(id));
    }
    for (const rule of rules.clears ?? []) {
      const ids = clear.add(rule);
      installed.removals.push(() => {
        for (const id of ids) clear.remove(id);
      });
    }
  }
}

/** No rules. */
export function nothing(): Installed {
  return { synced: [], oneWay: [], aggregations: [], computations: [], removals: [] };
}

/** Takes rules that write out. */
export function uninstall(installed: Installed): void {
  runAll(installed.removals);
}

/** Runs each once, also when called again. */
export function runAll(removals: (() => void)[]): void {
  for (const remove of removals.splice(0)) remove();
}

function pathOf(text: unknown): Path {
  if (typeof text !== 'string') throw malformed(text, 'path');
  return parsePath(text);
}

function pathsOf(pair: PathPair): [Path, Path] {
  if (!Array.isArray(pair) || pair.length !== 2) throw malformed(pair, 'pair of paths');
  return [pathOf(pair[0]), pathOf(pair[1])];
}

function refuseNested(path: Path, isNested: boolean): void {
  if (!isNested) return;
  const message = `'${path.text}' cannot be bound to something above or below it`;
  throw new PipelineError('NESTED_MEMBERS', message, path.text);
}

function refuseTaken(target: string, isTaken: boolean): void {
  if (!isTaken) return;
  const message = `'${target}' is already the target of another kind of rule`;
  throw new PipelineError('TARGET_TAKEN', message, target);
}
