/**
 * A store of values addressed by path, with rules between paths.
 *
 * Guarantees: a write settles whole or not at all before it returns, listeners included; subscribers are told of the
 * settled state. What is read is frozen, and the same object while it is unchanged; what is written is copied.
 */
import type { EngineChange, StoreEngine } from './engine.js';
import { needFunction } from './errors.js';
import type { DeepValue, Frozen, LooseData, PathOf, ReadValue } from './paths.js';
import { changesOf, PIPELINE, Pipeline } from './pipeline.js';
import { register } from './rules.js';
import type { Callback } from './subscribers.js';
import type {
  Concerns,
  Registration,
  StoreOptions,
  StoreRules,
  Unsubscribe,
  WriteMeta,
} from './types.js';

/** Changes as tuples, each value checked against its path. */
export type ChangeList<DATA, PATHS extends readonly string[]> = {
  readonly [AT in keyof PATHS]: readonly [
    path: PathOf<DATA, PATHS[AT]>,
    value: DeepValue<DATA, PATHS[AT]>,
    meta?: WriteMeta,
  ];
};

/** Changes by path, each value checked against its path. */
export type ChangeMap<DATA, CHANGES> = CHANGES extends readonly unknown[]
  ? never
  : { readonly [PATH in keyof CHANGES]: PATH extends string ? DeepValue<DATA, PATH> : never };

export class Store<DATA = LooseData> {
  /** @internal */
  readonly [PIPELINE]: Pipeline;

  /** The engine must be new. */
  constructor(engine: StoreEngine, initial: DATA, options: StoreOptions = {}) {
    this[PIPELINE] = new Pipeline(engine, options.onError);
    this[PIPELINE].write([['', initial]]);
  }

  /** What is at a path; undefined where nothing is. */
  get<PATH extends string>(path: PathOf<DATA, PATH>): ReadValue<DATA, PATH> {
    return this[PIPELINE].get(path) as ReadValue<DATA, PATH>;
  }

  /** Writes a value, or throws a `PipelineError` and leaves everything as it was. */
  set<PATH extends string>(
    path: PathOf<DATA, PATH>,
    value: DeepValue<DATA, PATH>,
    meta?: WriteMeta,
  ): void {
    this[PIPELINE].write([meta ? [path, value, meta] : [path, value]]);
  }

  /** Writes several values in one transaction: changes in their order, or an object by path. */
  setMany<const PATHS extends readonly string[]>(changes: ChangeList<DATA, PATHS>): void;
  setMany<const CHANGES extends object>(changes: CHANGES & ChangeMap<DATA, CHANGES>): void;
  setMany(changes: readonly EngineChange[] | LooseData): void {
    this[PIPELINE].write(changesOf(changes));
  }

  /**
   * Calls back with what is at the path after each transaction that changed something at, above or below it; or, for a
   * function, with what it selects from the state when that has changed. Not called for what is there already. Who
   * wants to see the changes themselves registers a listener.
   */
  subscribe<PATH extends string>(
    path: PathOf<DATA, PATH>,
    callback: (value: ReadValue<DATA, PATH>) => void,
  ): Unsubscribe;
  subscribe<SELECTED>(
    selector: (state: Frozen<DATA>) => SELECTED,
    callback: (selected: SELECTED) => void,
    isEqual?: (before: SELECTED, now: SELECTED) => boolean,
  ): Unsubscribe;
  subscribe(
    what: string | ((state: Frozen<DATA>) => unknown),
    callback: (value: never) => void,
    isEqual: (before: never, now: never) => boolean = Object.is,
  ): Unsubscribe {
    const { subscribers, topics } = this[PIPELINE];
    needFunction(callback);
    const topic = typeof what === 'string' ? topics.path(what) : topics.selection(what, isEqual);
    return subscribers.add(topic, callback as Callback);
  }

  /** The whole state. */
  getState(): Frozen<DATA> {
    return this[PIPELINE].state as Frozen<DATA>;
  }

  /** Registers rules, listeners and concerns; throws a `PipelineError` for rules that cannot be. */
  register(rules: StoreRules): Registration {
    return register(this[PIPELINE], rules);
  }

  /** The concerns of a path by name; empty where there are none. */
  getConcerns<PATH extends string>(path: PathOf<DATA, PATH>): Concerns {
    return this[PIPELINE].concerns.of(path);
  }

  /** Calls back after each transaction that changed a concern of the path. */
  subscribeConcerns<PATH extends string>(
    path: PathOf<DATA, PATH>,
    callback: (concerns: Concerns) => void,
  ): Unsubscribe {
    const { concerns, subscribers } = this[PIPELINE];
    needFunction(callback, path);
    return subscribers.add(concerns.topic(path), callback as Callback);
  }

  /** Ends everything; every later call throws `STORE_DISPOSED`. */
  dispose(): void {
    this[PIPELINE].dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Creates a store from what the state is at first. */
export type CreateStore = <DATA extends object = LooseData>(
  initial: DATA,
  options?: StoreOptions,
) => Store<DATA>;

/** Makes `createStore` for one kind of engine. An engine that it made goes with its store. */
export function storeFactory<ENGINE extends StoreEngine>(
  makeEngine: () => ENGINE,
  freeEngine: (engine: ENGINE) => void = () => {},
): CreateStore {
  return (initial, options = {}) => {
    if (options.engine) return new Store(options.engine, initial, options);
    const engine = makeEngine();
    try {
      const store = new Store(engine, initial, options);
      store[PIPELINE].endings.add(() => freeEngine(engine));
      return store;
    } catch (refusal) {
      freeEngine(engine);
      throw refusal;
    }
  };
}
