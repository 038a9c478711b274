/** The types of the store's surface. */
import type { AimDbError } from '../errors.js';
import type { BoolLogic, EngineRules, StoreEngine, ValueLogic } from './engine.js';
import type { StandardSchema } from './schema.js';

export { LINEAGE } from './wasm/numbers.js';

/** What a store is made with. */
export interface StoreOptions {
  /** The engine to use instead of the one in WebAssembly. It must be new: the store is its only user. */
  readonly engine?: StoreEngine | undefined;
  /** Hears of what functions of the application throw, and of writes of theirs that were refused. */
  readonly onError?: ((error: AimDbError) => void) | undefined;
}

/** What is known of a write besides path and value. */
export interface WriteMeta {
  /** Who writes: carried along to listeners and subscribers, also by what rules make of it. */
  readonly sender?: unknown;
}

/** One change as listeners and subscribers get it. */
export interface StoreChange {
  /** Relative to the scope of a listener, or else from the root. */
  readonly path: string;
  /** What is there now, frozen. */
  readonly value: unknown;
  /** The rules it went through: bits of `LINEAGE`. */
  readonly lineage: number;
  readonly sender: unknown;
}

/** What a listener is told besides the changes. */
export interface ListenerContext {
  /** The whole state after and before the batch, frozen. */
  readonly state: unknown;
  readonly before: unknown;
  /** The listener's scope, `''` for none. */
  readonly scope: string;
}

/** Changes in their order, or an object by path. */
export type Answer =
  | readonly (readonly [path: string, value: unknown, meta?: WriteMeta])[]
  | { readonly [path: string]: unknown };

/** Is called once a batch that changed something at, above or below its paths. */
export interface StoreListener {
  readonly paths: readonly string[];
  /** Paths of changes and of the answer are relative to it. */
  readonly scope?: string;
  /**
   * What it returns is written as a batch of its own, to which rules and listeners apply. What it sets on the store
   * itself is written at once, as such a batch too.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function without an answer is one too
  readonly fn: (changes: readonly StoreChange[], context: ListenerContext) => Answer | void;
}

/** A text with `{{path}}` placeholders. */
export interface TextConcern {
  readonly text: string;
}

/** A check by a schema of any library that speaks Standard Schema. */
export interface ValidationConcern {
  readonly schema: StandardSchema;
  /** The schema gets an object with the values of these paths, by path, instead of the value at the concern's own. */
  readonly reads?: readonly string[];
}

/** What follows the state without being part of it. */
export type ConcernRule = BoolLogic | ValueLogic | TextConcern | ValidationConcern;

/** What a schema found, frozen. */
export interface ValidationResult {
  /** `pending` before the first run and while a schema that is asynchronous works. */
  readonly status: 'valid' | 'invalid' | 'pending';
  readonly issues: readonly ValidationIssue[];
}

export interface ValidationIssue {
  readonly message: string;
  /** Below the value that was checked; `''` is the value itself. */
  readonly path: string;
}

/** The concerns of a path by name, frozen and the same object until one of them changes. */
export interface Concerns {
  readonly validation?: ValidationResult;
  readonly [name: string]: unknown;
}

/** Everything that is registered together, and disposed of together. */
export interface StoreRules
  extends Pick<
    EngineRules,
    'sync' | 'oneWay' | 'flip' | 'aggregations' | 'computations' | 'clears' | 'anchor'
  > {
  readonly listeners?: readonly StoreListener[];
  /** By path, then by name. */
  readonly concerns?: { readonly [path: string]: { readonly [name: string]: ConcernRule } };
}

/** The way to end what was registered. */
export interface Registration {
  /** It stops at once. Calling it again does nothing. */
  dispose(): void;
}

/** Ends a subscription. Calling it again does nothing. */
export type Unsubscribe = () => void;
