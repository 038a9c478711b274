/**
 * What is registered, and which of it sleeps.
 *
 * A registration may have an anchor: while nothing is there, or an explicit undefined, its rules are out of the stages
 * and its listeners, conditions, choices, texts and validators are left out of the reports. It wakes in the batch that
 * brings the anchor back, agrees anew like a fresh registration, and reports all its readers once.
 */
import type { Change } from '../batch/batch.js';
import { type Path, parsePath } from '../state/paths.js';
import { ordered, Registry } from '../affected/registry.js';
import type { Report } from './report.js';
import {
  type Installed,
  nothing,
  type Registered,
  type Rules,
  runAll,
  type Stages,
  uninstall,
} from './rules.js';
import type { State } from '../state/state.js';
import { readable } from '../state/values.js';

interface Anchor {
  readonly path: Path;
  readonly watch: number;
  isAwake: boolean;
}

interface Registration {
  readonly rules: Rules;
  readonly ids: Registered;
  readonly readerRemovals: (() => void)[];
  readonly anchor: Anchor | undefined;
  installed: Installed;
}

/** All registrations by id. */
export class Registrations {
  readonly #all = new Map<number, Registration>();
  /** The ids of anchored registrations, watching their anchors. */
  readonly #anchored = new Registry<number>();
  /** What changed its sleep in the batch at hand, in order. */
  #toggled: number[] = [];
  #next = 0;

  /** Puts rules in; those whose anchor is missing sleep. After an error nothing is in. */
  add(state: State, stages: Stages, rules: Rules): number {
    const anchorPath = rules.anchor === undefined ? undefined : parsePath(rules.anchor);
    const installed = stages.install(rules);
    let readers: ReturnType<Stages['installReaders']>;
    try {
      readers = stages.installReaders(state, rules);
    } catch (error) {
      uninstall(installed);
      throw error;
    }
    const id = this.#next;
    this.#next += 1;
    const anchor = anchorPath && this.#anchorOf(state, anchorPath, id);
    if (anchor?.isAwake === false) uninstall(installed);
    this.#all.set(id, {
      rules,
      ids: { id, ...readers.ids },
      readerRemovals: readers.removals,
      anchor,
      installed: anchor?.isAwake === false ? nothing() : installed,
    });
    return id;
  }

  /** Takes a registration out; false when there is none of that id. */
  remove(id: number): boolean {
    const registration = this.#all.get(id);
    if (registration === undefined) return false;
    if (registration.anchor !== undefined) this.#anchored.remove(registration.anchor.watch);
    uninstall(registration.installed);
    runAll(registration.readerRemovals);
    return this.#all.delete(id);
  }

  ids(id: number): Registered | undefined {
    return this.#all.get(id)?.ids;
  }

  /** The rules of a registration as they lie in the stages; nothing while it sleeps. */
  installed(id: number): Installed | undefined {
    return this.#all.get(id)?.installed;
  }

  /** Wakes and puts to sleep what changes ask for. Returns what woke. */
  toggle(state: State, stages: Stages, changes: readonly Change[]): number[] {
    const woken: number[] = [];
    for (const watch of this.#anchored.woken(changes)) {
      const id = this.#anchored.get(watch) ?? -1;
      const registration = this.#all.get(id);
      if (registration === undefined || !toggleOne(state, stages, registration)) continue;
      this.#toggled.push(id);
      if (registration.anchor?.isAwake) woken.push(id);
    }
    return woken;
  }

  /** Takes back what the batch toggled, after the state was taken back. */
  undo(state: State, stages: Stages): void {
    for (const id of this.#toggled.splice(0).reverse()) {
      const registration = this.#all.get(id);
      // The state is as before, and then these rules were in: they fit.
      if (registration !== undefined) toggleOne(state, stages, registration);
    }
  }

  /** Makes what the batch toggled final, leaves sleepers out of the report and adds those who woke. */
  commit(stages: Stages, report: Report): void {
    if (this.#anchored.isEmpty) return;
    for (const id of this.#toggled.splice(0)) {
      const registration = this.#all.get(id);
      if (registration?.anchor?.isAwake) addReaders(stages, registration.ids, report);
    }
    leaveOut(this.#asleep(), report);
  }

  #anchorOf(state: State, path: Path, id: number): Anchor {
    return { path, watch: this.#anchored.add(id, [path]), isAwake: isThere(state, path) };
  }

  #asleep(): Registered[] {
    const asleep = [...this.#all.values()].filter(({ anchor }) => anchor?.isAwake === false);
    return asleep.map(({ ids }) => ids);
  }
}

/** Whether the anchor came or went. */
function toggleOne(state: State, stages: Stages, registration: Registration): boolean {
  const { anchor } = registration;
  if (anchor === undefined || anchor.isAwake === isThere(state, anchor.path)) return false;
  if (anchor.isAwake) {
    uninstall(registration.installed);
    registration.installed = nothing();
  } else {
    registration.installed = stages.install(registration.rules);
  }
  anchor.isAwake = !anchor.isAwake;
  return true;
}

function isThere(state: State, path: Path): boolean {
  return readable(state.look(path)) !== undefined;
}

function addReaders(stages: Stages, ids: Registered, report: Report): void {
  const { concerns } = stages;
  for (const id of ids.conditions) {
    const isNew = report.conditions.every((condition) => condition.id !== id);
    if (isNew) report.conditions.push({ id, holds: concerns.holds(id) === true });
  }
  for (const id of ids.choices) {
    const isNew = report.choices.every((choice) => choice.id !== id);
    if (isNew) report.choices.push({ id, value: concerns.value(id) });
  }
  report.texts = ordered([...report.texts, ...ids.texts]);
  report.validators = ordered([...report.validators, ...ids.validators]);
}

function leaveOut(asleep: readonly Registered[], report: Report): void {
  if (asleep.length === 0) return;
  const sleepers = (kind: 'conditions' | 'choices' | 'texts' | 'validators' | 'listeners') =>
    new Set(asleep.flatMap((ids) => ids[kind]));
  const [conditions, choices] = [sleepers('conditions'), sleepers('choices')];
  const [texts, validators, listeners] = [
    sleepers('texts'),
    sleepers('validators'),
    sleepers('listeners'),
  ];
  report.conditions = report.conditions.filter(({ id }) => !conditions.has(id));
  report.choices = report.choices.filter(({ id }) => !choices.has(id));
  report.texts = report.texts.filter((id) => !texts.has(id));
  report.validators = report.validators.filter((id) => !validators.has(id));
  report.plan = report.plan.filter(({ listener }) => !listeners.has(listener));
}
