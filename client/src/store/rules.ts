/**
 * Registers rules, listeners and concerns with a store, and disposes of them.
 *
 * The engine knows listeners, conditions, texts and validators by numbers; here each number gets what belongs to it.
 */
import type { Cell } from './concerns.js';
import type { BoolLogic, EngineRules, Registered, ValueLogic } from './engine.js';
import { needFunction, PipelineError, threw } from './errors.js';
import type { Pipeline } from './pipeline.js';
import { isSchema } from './schema.js';
import type {
  ConcernRule,
  Registration,
  StoreListener,
  StoreRules,
  TextConcern,
  ValidationConcern,
} from './types.js';
import { PENDING, Validator } from './validator.js';

/** A concern as it is written, and where. */
interface Draft<RULE> {
  readonly path: string;
  readonly name: string;
  readonly rule: RULE;
}

/** All concerns of a registration by what the engine does for them. */
class Drafts {
  readonly conditions: Draft<BoolLogic>[] = [];
  readonly choices: Draft<ValueLogic>[] = [];
  readonly texts: Draft<TextConcern>[] = [];
  readonly validators: Draft<ValidationConcern>[] = [];

  constructor(concerns: StoreRules['concerns'] = {}) {
    for (const [path, named] of Object.entries(concerns)) {
      needObject(named, 'concerns', path);
      for (const [name, rule] of Object.entries(named)) this.#add(path, name, rule);
    }
  }

  #add(path: string, name: string, rule: ConcernRule): void {
    needObject(rule, `the concern '${name}'`, path);
    if ('schema' in rule) {
      if (!isSchema(rule.schema)) {
        throw new PipelineError('SCHEMA_INVALID', `'${name}' has no Standard Schema`, path);
      }
      this.validators.push({ path, name, rule });
    } else if ('text' in rule) this.texts.push({ path, name, rule });
    else if ('IF' in rule || 'MATCH' in rule) this.choices.push({ path, name, rule });
    else this.conditions.push({ path, name, rule });
  }
}

/** Registers everything, or nothing if a part is refused. */
export function register(pipeline: Pipeline, rules: StoreRules): Registration {
  const { engine, concerns: board } = pipeline;
  needObject(rules, 'rules');
  const { listeners = [], concerns, ...others } = rules;
  for (const { fn, paths } of listeners) {
    needObject(paths, 'the paths of a listener');
    needFunction(fn, paths[0]);
  }
  const drafts = new Drafts(concerns);
  const written = engineRules(others, listeners, drafts);
  const { ids, report } = pipeline.ask(() => engine.register(written));
  for (const [id, listener] of paired(ids.listeners, listeners)) {
    pipeline.listeners.set(id, listener);
  }
  pipeline.follow(report);
  const cells = connect(pipeline, ids, drafts);
  // Who sleeps is named by the report of the batch that wakes it.
  const isAsleep = rules.anchor !== undefined && pipeline.get(rules.anchor) === undefined;
  if (!isAsleep) for (const id of ids.validators) board.validateSoon(id);
  pipeline.settle();
  return { dispose: () => disconnect(pipeline, ids, cells) };
}

function engineRules(
  others: EngineRules,
  listeners: readonly StoreListener[],
  { conditions, choices, texts, validators }: Drafts,
): EngineRules {
  return {
    ...others,
    listeners: listeners.map(({ paths, scope = '' }) => ({ paths, scope })),
    conditions: conditions.map(({ rule }) => rule),
    choices: choices.map(({ rule }) => rule),
    texts: texts.map(({ rule }) => rule.text),
    validators: validators.map(({ path, rule }) => rule.reads ?? [path]),
  };
}

/** Gives each number of a concern its cell, with the value of now. Returns the cells. */
function connect(pipeline: Pipeline, ids: Registered, drafts: Drafts): Cell[] {
  const { concerns, engine } = pipeline;
  const cells: Cell[] = [];
  const cell = ({ path, name }: Draft<unknown>, value: unknown) => {
    const made = { path, name, value };
    concerns.add(made);
    cells.push(made);
    return made;
  };
  for (const [id, draft] of paired(ids.conditions, drafts.conditions)) {
    concerns.conditions.set(id, cell(draft, engine.holds(id)));
  }
  for (const [id, draft] of paired(ids.choices, drafts.choices)) {
    concerns.choices.set(id, cell(draft, engine.value(id)));
  }
  for (const [id, draft] of paired(ids.texts, drafts.texts)) {
    concerns.texts.set(id, cell(draft, engine.text(id)));
  }
  for (const [id, draft] of paired(ids.validators, drafts.validators)) {
    concerns.validators.set(id, validatorOf(pipeline, draft, cell(draft, PENDING)));
  }
  return cells;
}

function validatorOf(
  pipeline: Pipeline,
  { path, rule: { schema, reads } }: Draft<ValidationConcern>,
  cell: Cell,
): Validator {
  return new Validator(schema, {
    read: () =>
      reads
        ? Object.fromEntries(reads.map((read) => [read, pipeline.get(read)]))
        : pipeline.get(path),
    accept: (result) => {
      pipeline.concerns.update(cell, result);
      pipeline.settle();
    },
    report: (thrown) => {
      const error = threw('VALIDATOR_THREW', 'validator', thrown, path);
      pipeline.report(error);
      return error;
    },
  });
}

function disconnect(pipeline: Pipeline, ids: Registered, cells: readonly Cell[]): void {
  if (pipeline.isDisposed || !pipeline.engine.unregister(ids.id)) return;
  const { concerns } = pipeline;
  for (const id of ids.listeners) pipeline.listeners.delete(id);
  for (const id of ids.conditions) concerns.conditions.delete(id);
  for (const id of ids.choices) concerns.choices.delete(id);
  for (const id of ids.texts) concerns.texts.delete(id);
  for (const id of ids.validators) {
    concerns.validators.get(id)?.stop();
    concerns.validators.delete(id);
  }
  for (const cell of cells) concerns.remove(cell);
  pipeline.settle();
}

/** The engine's numbers with what they are for: it gives them in the order of the rules. */
function paired<T>(ids: readonly number[], items: readonly T[]): (readonly [number, T])[] {
  return items.map((item, at) => [ids[at] ?? -1, item] as const);
}

/** Refuses what cannot be read as rules; the engine refuses what they say. */
function needObject(given: unknown, what: string, path?: string): void {
  if (typeof given !== 'object' || given === null) {
    throw new PipelineError('MALFORMED_RULE', `${what} must be an object`, path);
  }
}
