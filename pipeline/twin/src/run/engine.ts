/**
 * The engine: one state, all stages, one batch at a time.
 *
 * A batch goes through `diff -> aggregation writes -> apply -> clear -> sync -> flip -> aggregation reads ->
 * computations`, the derived stages repeat until nothing changes, and then conditions, validators and listeners are
 * planned. A batch or a registration that is refused leaves everything as it was. Functions of the user are not
 * called from here: the report says whom to call.
 */
import { Batch, type Cause, type Change, LINEAGE } from '../batch/batch.js';
import { type Input, keep } from '../batch/diff.js';
import { PipelineError } from '../error.js';
import type { Written } from '../stages/flip.js';
import { type Path, parsePath } from '../state/paths.js';
import { Registrations } from './registrations.js';
import { type Report, takeChanges } from './report.js';
import { type Registered, type Rules, Stages } from './rules.js';
import { notSettled, ROUNDS_MAX, Settling } from './settle.js';
import { DERIVED_WRITES_MAX, lookIn, State, WRITES_MAX } from '../state/state.js';
import { adopt, isContainer, readable } from '../state/values.js';

/** How often listeners may answer the changes of listeners. */
export const LISTENER_DEPTH_MAX = 32;

/** One change as a user writes it. */
export type UserChange = readonly [
  path: string,
  value: unknown,
  meta?: { readonly sender?: unknown },
];

/** What an engine is made with. */
export interface EngineOptions {
  /** Rounds of the derived stages; 1 is the single pass of older engines, which leaves the rest undone. */
  readonly passes?: number;
}

/** What a batch is. */
export interface Origin {
  /** 0 for a batch of the user's; for what a listener answers, one more than the batch it was called for. */
  readonly listenerDepth?: number;
}

/** The engine. */
export class Engine {
  readonly #state = new State();
  readonly #stages = new Stages();
  readonly #registrations = new Registrations();
  readonly #passes: number;
  /** Objects as users handed them in: a value that is none of these was built or changed here. */
  readonly #pieces = new WeakSet<object>();

  constructor(options: EngineOptions = {}) {
    this.#passes = options.passes ?? ROUNDS_MAX;
  }

  /** The state after the last batch: plain values, the same objects until they change. Not to be written to. */
  get state(): unknown {
    return this.#state.root;
  }

  /** What is at a path; `length` below an array is its length. */
  get(path: string): unknown {
    return readable(lookIn(this.#state.root, parsePath(path)));
  }

  /** The answer of a condition. */
  holds(condition: number): boolean | undefined {
    return this.#stages.concerns.holds(condition);
  }

  /** The literal a choice yields. */
  value(choice: number): unknown {
    return this.#stages.concerns.value(choice);
  }

  /** A registered text filled in. */
  text(text: number): string | undefined {
    return this.#stages.concerns.text(this.#state, text);
  }

  /** The paths of a registered text's placeholders, each once. */
  placeholders(text: number): string[] {
    return this.#stages.concerns.placeholders(text);
  }

  /** The paths whose values a validator needs. */
  validatorPaths(validator: number): string[] {
    return this.#stages.validators.dependencies(validator).map((path) => path.text);
  }

  /** Takes the results of validators; returns those whose result is new. */
  acceptResults(results: readonly (readonly [validator: number, result: unknown])[]): number[] {
    const isNew = results.filter(([id, result]) => this.#stages.validators.accept(id, result));
    return isNew.map(([id]) => id);
  }

  /** Puts a batch through the pipeline. */
  process(changes: readonly UserChange[], origin: Origin = {}): Report {
    const listenerDepth = origin.listenerDepth ?? 0;
    if (listenerDepth > LISTENER_DEPTH_MAX) {
      const message = `listeners answered each other more than ${LISTENER_DEPTH_MAX} times`;
      throw new PipelineError('LISTENER_TOO_DEEP', message);
    }
    const inputs = keep(this.#state, changes.map(inputOf));
    if (inputs.length === 0) return unchanged(this.#state.root);
    const lineage = listenerDepth > 0 ? LINEAGE.isListenerChange : 0;
    return this.#transact(inputs.length, (batch) => this.#runInputs(batch, inputs, lineage));
  }

  /** Puts rules in and lets the state agree with them; the report says what that changed. */
  register(rules: Rules): { ids: Registered; report: Report } {
    const id = this.#registrations.add(this.#state, this.#stages, rules);
    try {
      const report = this.#transact(0, (batch) => {
        this.#state.allowWrites(DERIVED_WRITES_MAX);
        this.#settle(batch, new Settling(0), [id]);
      });
      return { ids: this.#registrations.ids(id) ?? nobody(id), report };
    } catch (error) {
      this.#registrations.remove(id);
      throw error;
    }
  }

  /** Takes the rules of a registration out at once; false when there is none of that id. */
  unregister(id: number): boolean {
    return this.#registrations.remove(id);
  }

  /** Runs, then commits and reports, or takes everything back. */
  #transact(keptCount: number, run: (batch: Batch) => void): Report {
    const batch = new Batch(this.#state, this.#stages.computations.targets);
    try {
      run(batch);
    } catch (error) {
      this.#state.undo();
      this.#registrations.undo(this.#state, this.#stages);
      throw error;
    }
    const { before, root: after } = this.#state;
    const taken = takeChanges(before, after, batch.log, (value) => this.#isPiece(value));
    const concerns = this.#stages.concerns.run(this.#state, batch.log);
    const report: Report = {
      changes: taken.map(({ path, value, change: { cause } }) => {
        return { path: path.text, value, lineage: cause.lineage, sender: cause.sender };
      }),
      ...concerns,
      validators: this.#stages.validators.plan(batch.log),
      plan: this.#stages.listeners.plan(taken.map(({ path }) => path)),
      keptCount,
      before,
      after,
    };
    this.#registrations.commit(this.#stages, report);
    this.#state.commit();
    return report;
  }

  #runInputs(batch: Batch, inputs: readonly Input[], lineage: number): void {
    this.#state.allowWrites(WRITES_MAX);
    const genuine = this.#apply(batch, inputs, lineage);
    const applied = batch.log.length;
    const woken = this.#registrations.toggle(this.#state, this.#stages, batch.log);
    this.#state.allowWrites(DERIVED_WRITES_MAX);
    this.#stages.clear.run(batch, genuine);
    this.#settle(batch, new Settling(applied), woken);
  }

  /**
   * Writes the inputs, those to aggregation targets to the sources instead, as the state before the batch has them.
   * Returns the inputs that changed something.
   */
  #apply(batch: Batch, inputs: readonly Input[], lineage: number): Change[] {
    const placed = inputs.map(({ path }) =>
      this.#stages.aggregations.distribution(this.#state, path),
    );
    const genuine: Change[] = [];
    for (const [index, { path, value: given, sender }] of inputs.entries()) {
      const value = this.#adopt(given, path);
      const places = placed[index];
      const cause: Cause = { stage: 'input', component: -1, lineage, sender, isOfInput: true };
      const distributed: Cause = {
        ...cause,
        stage: 'distribution',
        lineage: lineage | LINEAGE.isAggregationChange,
      };
      const results =
        places === undefined
          ? [batch.write(path, value, cause)]
          : places.map((place) => batch.write(place, value, distributed));
      if (results.includes(true)) genuine.push({ path, value, cause });
    }
    return genuine;
  }

  /** Runs the derived stages, and again as long as they wake somebody. */
  #settle(batch: Batch, settling: Settling, woken: readonly number[]): void {
    const written: Written = new Set();
    let awake = woken;
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const seen = batch.log.length;
      for (const id of awake) {
        const installed = this.#registrations.installed(id);
        if (installed !== undefined) this.#stages.agree(batch, installed);
      }
      settling.run(this.#stages, batch, this.#passes, written);
      awake = this.#registrations.toggle(this.#state, this.#stages, batch.log.slice(seen));
      if (awake.length === 0) return;
    }
    throw notSettled(ROUNDS_MAX, batch.log.at(-1));
  }

  #adopt(value: unknown, { depth, text }: Path): unknown {
    const adopted = adopt(value, depth, text);
    if (isContainer(adopted)) this.#pieces.add(adopted);
    return adopted;
  }

  #isPiece(value: unknown): boolean {
    return isContainer(value) && this.#pieces.has(value);
  }
}

function inputOf(change: UserChange, index: number): Input {
  if (!Array.isArray(change) || typeof change[0] !== 'string') {
    const message = `entry ${index} of the batch is malformed: it has no path`;
    throw new PipelineError('MALFORMED_INPUT', message);
  }
  const [path, value, meta]: UserChange = change as unknown as UserChange;
  return { path: parsePath(path), value, sender: meta?.sender };
}

/** The report of a batch in which nothing differs from the state. */
function unchanged(state: unknown): Report {
  const nobody = { conditions: [], choices: [], texts: [], validators: [], plan: [] };
  return { changes: [], ...nobody, keptCount: 0, before: state, after: state };
}

function nobody(id: number): Registered {
  return { id, listeners: [], conditions: [], choices: [], texts: [], validators: [] };
}
