/**
 * The one way that everything takes: a batch or a registration, the listeners it wakes and what they answer, then
 * validators, then subscribers.
 *
 * Guarantees: all of it is synchronous, and no function of the application runs while the engine is at work.
 * Subscribers are told when everything has settled; what they write is a transaction of its own, told in a round after
 * theirs. What a function throws stops nobody else and reaches `onError`; only the refusal of a write is thrown, to who
 * wrote it.
 */
import { AimDbError } from '../errors.js';
import { toPlatform } from '../report.js';
import { Concerns } from './concerns.js';
import type {
  EngineCall,
  EngineChange,
  EngineReport,
  EngineReportChange,
  StoreEngine,
} from './engine.js';
import { PipelineError, refusing, threw } from './errors.js';
import { Subscribers, type Topic } from './subscribers.js';
import { Topics } from './topics.js';
import type { Answer, ListenerContext, StoreChange, StoreListener } from './types.js';
import { freeze } from './values.js';

/** So many rounds of subscribers who write may follow each other; then they go in circles. */
export const ROUNDS_MAX = 100;
/**
 * So many batches may listeners write in one transaction: each may wake all others, which has no end by itself. Beyond
 * it their writes are refused, and those who still wait to be called are not.
 */
export const ANSWERS_MAX = 1024;

/** Where a store keeps what only this package may touch. */
export const PIPELINE: unique symbol = Symbol('pipeline');

/** A listener to call, and all it is told. */
interface Call {
  readonly id: number;
  readonly listener: StoreListener;
  readonly changes: readonly StoreChange[];
  readonly context: ListenerContext;
  /** The depth of the batch. */
  readonly depth: number;
}

export class Pipeline {
  /** Those whom the engine's plans name, by its numbers. */
  readonly listeners = new Map<number, StoreListener>();
  readonly paths = new Map<number, Topic>();
  /** Those who look at every change. */
  readonly selections = new Set<Topic>();
  readonly subscribers = new Subscribers((error) => this.report(error));
  readonly topics = new Topics(this);
  readonly concerns: Concerns = new Concerns(this);
  /** What has to be ended with the store. */
  readonly endings = new Set<() => void>();
  #engine: StoreEngine | undefined;
  readonly #onError: (error: AimDbError) => void;
  #calls: Call[] = [];
  /** What a batch written now would be: above 0 while a listener is called. */
  #depth = 0;
  #answers = 0;
  #isAtWork = false;
  #isCalling = false;
  #isTelling = false;

  constructor(engine: StoreEngine, onError: (error: AimDbError) => void = toPlatform) {
    this.#engine = engine;
    this.#onError = onError;
  }

  get isDisposed(): boolean {
    return this.#engine === undefined;
  }

  /** The engine, or an error once the store is disposed of. */
  get engine(): StoreEngine {
    if (this.#engine !== undefined) return this.#engine;
    throw disposed();
  }

  /** Throws once the store is disposed of. */
  ensureOpen(): void {
    if (this.isDisposed) throw disposed();
  }

  /** What is at a path, frozen. */
  get(path: string): unknown {
    const { engine } = this;
    return freeze(refusing(() => engine.get(path)));
  }

  /** The whole state, frozen. */
  get state(): unknown {
    return freeze(this.engine.state);
  }

  /** Writes a batch. Returns how many of the changes differed from the state. */
  write(changes: readonly EngineChange[]): number {
    const { engine } = this;
    return this.run(() => engine.process(changes, { listenerDepth: this.#depth }));
  }

  /** Lets the engine take a batch, and everybody follow. */
  run(work: () => EngineReport): number {
    const report = this.ask(work);
    const { keptCount } = report;
    if (keptCount > 0) {
      this.follow(report);
      this.settle();
    }
    return keptCount;
  }

  /** Lets the engine take a batch or a registration. Throws if it refuses; then nothing has changed. */
  ask<T>(work: () => T): T {
    if (this.#isCalling) this.#countAnswer();
    return this.use(work);
  }

  /** The same for what changes nothing. A value whose reading writes to the store finds it at work. */
  use<T>(work: () => T): T {
    if (this.#isAtWork) {
      throw new PipelineError(
        'RE_ENTERED',
        'reading a value that is written must not use the store',
      );
    }
    this.#isAtWork = true;
    try {
      return refusing(work);
    } finally {
      this.#isAtWork = false;
    }
  }

  /** Takes from a report what has to be told. It is good until the engine's next batch. */
  follow(report: EngineReport): void {
    if (this.listeners.size > 0 || this.paths.size > 0) {
      const calls = this.#followPlan(report);
      if (calls.length > 0) this.#noteCalls(report, calls);
    }
    this.concerns.follow(report);
    for (const topic of this.selections) this.subscribers.touch(topic);
  }

  /** Calls all who wait, unless that is under way already: then they will be called. */
  settle(): void {
    this.#callListeners();
    if (this.#isCalling || this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let round = 0; this.concerns.hasToValidate || this.subscribers.hasNews; round++) {
        this.concerns.validate();
        if (round === ROUNDS_MAX) {
          this.subscribers.drop();
          const message = `subscribers still wrote after ${ROUNDS_MAX} rounds: the rest is not told`;
          this.report(new PipelineError('NOT_SETTLED', message));
          return;
        }
        this.subscribers.tell();
      }
    } finally {
      this.#isTelling = false;
    }
  }

  /** Tells the application of an error, and the platform of one in telling it. */
  report(error: AimDbError): void {
    try {
      this.#onError(error);
    } catch (thrown) {
      toPlatform(thrown);
    }
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.#engine = undefined;
    this.#calls = [];
    const { concerns, listeners, paths, selections, subscribers, topics } = this;
    for (const all of [concerns, listeners, paths, selections, subscribers, topics]) all.clear();
    for (const end of this.endings) end();
    this.endings.clear();
  }

  /** Notes which topics have news; returns the calls of listeners. */
  #followPlan({ plan }: EngineReport): EngineCall[] {
    const calls: EngineCall[] = [];
    for (const call of plan) {
      const topic = this.paths.get(call.listener);
      if (topic) this.subscribers.touch(topic);
      else if (this.listeners.has(call.listener)) calls.push(call);
    }
    return calls;
  }

  /** Notes what listeners have to be told, as long as the report is good. */
  #noteCalls(report: EngineReport, calls: readonly EngineCall[]): void {
    // An engine may be able to tell what was before only until it has been asked for what is now.
    const before = freeze(report.before);
    const state = freeze(report.after);
    const told = report.changes.map(toldOf);
    for (const call of calls) {
      const listener = this.listeners.get(call.listener);
      if (!listener) continue;
      const context = Object.freeze({ state, before, scope: listener.scope ?? '' });
      const changes = relative(told, call);
      this.#calls.push({ id: call.listener, listener, changes, context, depth: this.#depth });
    }
  }

  #callListeners(): void {
    if (this.#isCalling) return;
    this.#isCalling = true;
    for (let at = 0; at < this.#calls.length; at++) this.#call(this.#calls[at]);
    this.#calls = [];
    this.#depth = 0;
    this.#answers = 0;
    this.#isCalling = false;
  }

  /** Calls a listener, unless it was disposed of meanwhile, and writes what it answers. */
  #call(call: Call | undefined): void {
    if (call === undefined || !this.listeners.has(call.id)) return;
    const { listener, changes, context, depth } = call;
    this.#depth = depth + 1;
    try {
      const answer = listener.fn(changes, context);
      if (answer) this.write(scoped(answer, context.scope));
    } catch (thrown) {
      const [path] = listener.paths;
      const isRefusal = thrown instanceof AimDbError;
      this.report(isRefusal ? thrown : threw('LISTENER_THREW', 'listener', thrown, path));
    }
  }

  #countAnswer(): void {
    this.#answers += 1;
    if (this.#answers <= ANSWERS_MAX) return;
    this.#calls = [];
    const message = `listeners wrote more than ${ANSWERS_MAX} batches in one transaction`;
    throw new PipelineError('NOT_SETTLED', message);
  }
}

function disposed(): PipelineError {
  return new PipelineError('STORE_DISPOSED', 'this store was disposed of: create a new one');
}

/** A change as it is told. */
function toldOf({ path, value, lineage, sender }: EngineReportChange): StoreChange {
  return Object.freeze({ path, value: freeze(value), lineage, sender });
}

/** The changes that a call is about, with paths relative to the listener's scope. */
function relative(told: readonly StoreChange[], { changes }: EngineCall): StoreChange[] {
  return changes.flatMap(({ index, relativePath: path }) => {
    const change = told[index];
    return change ? Object.freeze({ ...change, path }) : [];
  });
}

/** Changes by path, or as they are. */
export function changesOf(written: Answer): readonly EngineChange[] {
  if (Array.isArray(written)) return written;
  if (typeof written === 'object' && written !== null) return Object.entries(written);
  throw new PipelineError(
    'MALFORMED_INPUT',
    'a batch is an array of changes, or an object by path',
  );
}

/** A listener's answer with whole paths. */
function scoped(answer: Answer, scope: string): readonly EngineChange[] {
  const changes = changesOf(answer);
  if (scope === '') return changes;
  return changes.map(([path, ...rest]) => [path === '' ? scope : `${scope}.${path}`, ...rest]);
}
