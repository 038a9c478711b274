/**
 * What follows the state without being part of it: conditions, choices, texts and validations, by path and name.
 *
 * Guarantees: the concerns of a path are one frozen object, the same until one of them changes. Where registrations
 * name the same concern, the newest counts, and the one before again when it is gone. A path without concerns and
 * subscribers takes no room.
 */
import type { EngineReport, StoreEngine } from './engine.js';
import { type Subscribers, Topic } from './subscribers.js';
import type { Concerns as View } from './types.js';
import type { Validator } from './validator.js';
import { isEqual } from './values.js';

/** One concern of one path. */
export interface Cell {
  readonly path: string;
  readonly name: string;
  value: unknown;
}

/** The concerns of one path. */
interface Field {
  readonly cells: Set<Cell>;
  view: View;
  /** A concern changed since the view was made. */
  isStale: boolean;
}

const NONE: View = Object.freeze({});

/** What concerns need of their store. */
export interface ConcernsHost {
  readonly engine: StoreEngine;
  readonly subscribers: Subscribers;
  /** Throws once the store is disposed of. */
  ensureOpen(): void;
}

export class Concerns {
  /** Cells by the engine's numbers. */
  readonly conditions = new Map<number, Cell>();
  readonly choices = new Map<number, Cell>();
  readonly texts = new Map<number, Cell>();
  readonly validators = new Map<number, Validator>();
  readonly #fields = new Map<string, Field>();
  readonly #topics = new Map<string, Topic>();
  readonly #toValidate = new Set<Validator>();
  readonly #host: ConcernsHost;

  constructor(host: ConcernsHost) {
    this.#host = host;
  }

  /** How many paths have concerns. */
  get size(): number {
    return this.#fields.size;
  }

  get hasToValidate(): boolean {
    return this.#toValidate.size > 0;
  }

  /** The concerns of a path. */
  of(path: string): View {
    this.#host.ensureOpen();
    const field = this.#fields.get(path);
    if (field === undefined) return NONE;
    if (field.isStale) {
      const entries = [...field.cells].map(({ name, value }) => [name, value] as const);
      const view = Object.freeze(Object.fromEntries(entries));
      // What changed back in the meantime did not change.
      if (!isEqual(field.view, view)) field.view = view;
      field.isStale = false;
    }
    return field.view;
  }

  /** The one topic of a path's concerns. */
  topic(path: string): Topic {
    const known = this.#topics.get(path);
    if (known) return known;
    const topic = new Topic({
      path,
      read: () => this.of(path),
      isSame: Object.is,
      end: () => void this.#topics.delete(path),
    });
    this.#topics.set(path, topic);
    return topic;
  }

  add(cell: Cell): void {
    const field = this.#fields.get(cell.path) ?? { cells: new Set(), view: NONE, isStale: true };
    this.#fields.set(cell.path, field);
    field.cells.add(cell);
    this.#refresh(cell.path, field);
  }

  remove(cell: Cell): void {
    const field = this.#fields.get(cell.path);
    if (!field?.cells.delete(cell)) return;
    if (field.cells.size === 0) this.#fields.delete(cell.path);
    this.#refresh(cell.path, field);
  }

  /** Gives a concern its value. */
  update(cell: Cell | undefined, value: unknown): void {
    if (cell === undefined || Object.is(cell.value, value)) return;
    cell.value = value;
    const field = this.#fields.get(cell.path);
    if (field?.cells.has(cell)) this.#refresh(cell.path, field);
  }

  /** Takes from a report what changed. */
  follow(report: EngineReport): void {
    const { engine } = this.#host;
    if (this.conditions.size > 0) {
      for (const { id, holds } of report.conditions) this.update(this.conditions.get(id), holds);
    }
    if (this.choices.size > 0) {
      for (const { id, value } of report.choices) this.update(this.choices.get(id), value);
    }
    if (this.texts.size > 0) {
      for (const id of report.texts) this.update(this.texts.get(id), engine.text(id));
    }
    if (this.validators.size > 0) {
      for (const id of report.validators) this.validateSoon(id);
    }
  }

  /** Lets a validator run at the end of the transaction, once. */
  validateSoon(id: number): void {
    const validator = this.validators.get(id);
    if (validator) this.#toValidate.add(validator);
  }

  /** Runs the validators that the transaction concerns. */
  validate(): void {
    if (this.#toValidate.size === 0) return;
    const validators = [...this.#toValidate];
    this.#toValidate.clear();
    for (const validator of validators) validator.run();
  }

  clear(): void {
    for (const validator of this.validators.values()) validator.stop();
    for (const map of [this.conditions, this.choices, this.texts, this.validators]) map.clear();
    this.#fields.clear();
    this.#topics.clear();
    this.#toValidate.clear();
  }

  #refresh(path: string, field: Field): void {
    field.isStale = true;
    const topic = this.#topics.get(path);
    if (topic) this.#host.subscribers.touch(topic);
  }
}
