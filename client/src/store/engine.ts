/**
 * What a store needs of an engine. The WebAssembly engine and the twin in plain TypeScript both are one.
 *
 * An engine is a transaction machine: a batch goes in, a report comes out. It calls no function of the application.
 */

/** One change as it is written. */
export type EngineChange = readonly [
  path: string,
  value: unknown,
  meta?: { readonly sender?: unknown },
];

/** What a batch is: 0 for one of the application, one more for each answer of a listener to a listener. */
export interface EngineOrigin {
  readonly listenerDepth?: number;
}

/** A condition over the state. */
export type BoolLogic =
  | { readonly IS_EQUAL: readonly [path: string, value: unknown] }
  | readonly [path: string, value: unknown]
  | { readonly EXISTS: string }
  | { readonly IS_EMPTY: string }
  | { readonly AND: readonly BoolLogic[] }
  | { readonly OR: readonly BoolLogic[] }
  | { readonly NOT: BoolLogic }
  | { readonly GT: readonly [path: string, value: number] }
  | { readonly LT: readonly [path: string, value: number] }
  | { readonly GTE: readonly [path: string, value: number] }
  | { readonly LTE: readonly [path: string, value: number] }
  | { readonly IN: readonly [path: string, values: readonly unknown[]] }
  | { readonly CONTAINS_ANY: readonly [path: string, values: readonly unknown[]] }
  | { readonly CONTAINS_ALL: readonly [path: string, values: readonly unknown[]] };

/** A value chosen by the state. A branch may be another choice; anything else is a literal. */
export type ValueLogic =
  | { readonly IF: BoolLogic; readonly THEN: unknown; readonly ELSE?: unknown }
  | {
      readonly MATCH: string;
      readonly CASES: { readonly [key: string]: unknown };
      readonly DEFAULT?: unknown;
    };

/** Paths that become null when others change; `[*]` captures one segment. */
export interface ClearRule {
  readonly triggers: readonly string[];
  readonly targets: readonly string[];
  /** Whether `[*]` in a target stands for every key instead of for a capture. */
  readonly expandMatch?: boolean;
}

/** Everything that is registered and unregistered together. */
export interface EngineRules {
  /** Pairs of paths that hold the same value. */
  readonly sync?: readonly (readonly [left: string, right: string])[];
  /** Pairs in which the second follows the first. */
  readonly oneWay?: readonly (readonly [from: string, to: string])[];
  /** Pairs of booleans that are each other's inverse. */
  readonly flip?: readonly (readonly [left: string, right: string])[];
  readonly aggregations?: readonly (readonly [
    target: string,
    source: string,
    excludeWhen?: BoolLogic | undefined,
  ])[];
  readonly computations?: readonly (readonly [
    operation: 'SUM' | 'AVG',
    target: string,
    source: string,
    excludeWhen?: BoolLogic | undefined,
  ])[];
  readonly clears?: readonly ClearRule[];
  readonly listeners?: readonly { readonly paths: readonly string[]; readonly scope?: string }[];
  readonly conditions?: readonly BoolLogic[];
  readonly choices?: readonly ValueLogic[];
  /** Texts with `{{path}}` placeholders. */
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

/** One change of a report. */
export interface EngineReportChange {
  readonly path: string;
  readonly value: unknown;
  /** Bits: sync 1, flip 2, aggregation 4, clear 8, computation 16, listener 32. */
  readonly lineage: number;
  readonly sender: unknown;
}

/** Who is called with which changes, and the path of each relative to the listener's scope. */
export interface EngineCall {
  readonly listener: number;
  readonly changes: readonly { readonly index: number; readonly relativePath: string }[];
}

/**
 * What a batch or a registration did.
 *
 * Its lists are made when they are first read, and that must be before the engine's next batch or registration.
 */
export interface EngineReport {
  /** Writes in the order in which they have to be applied. */
  readonly changes: readonly EngineReportChange[];
  readonly conditions: readonly { readonly id: number; readonly holds: boolean }[];
  readonly choices: readonly { readonly id: number; readonly value: unknown }[];
  /** Texts whose placeholders changed. */
  readonly texts: readonly number[];
  /** Validators to run. */
  readonly validators: readonly number[];
  /** Listeners to call, in order. */
  readonly plan: readonly EngineCall[];
  /** How many inputs differed from the state. */
  readonly keptCount: number;
  /**
   * The state before and after: plain values that are not written to, the same objects while unchanged. An engine may
   * know what was before only until somebody reads what is now.
   */
  readonly before: unknown;
  readonly after: unknown;
}

/** A door for numbers: path ids and values as typed arrays, no text. Only the WebAssembly engine has it. */
export interface NumberDoor {
  /** The ids of paths, which stay good until they are released. */
  intern(paths: readonly string[]): Uint32Array;
  release(ids: Uint32Array): void;
  /** One batch: the value of `values[n]` for the path of `ids[n]`. */
  process(ids: Uint32Array, values: Float64Array, sender?: unknown): EngineReport;
}

/** The engine. */
export interface StoreEngine {
  /** The state after the last batch. */
  readonly state: unknown;
  /** What is at a path; `length` below an array is its length. */
  get(path: string): unknown;
  process(changes: readonly EngineChange[], origin?: EngineOrigin): EngineReport;
  register(rules: EngineRules): { readonly ids: Registered; readonly report: EngineReport };
  /** False when there is no registration of that id. */
  unregister(id: number): boolean;
  /** The answer of a condition. */
  holds(condition: number): boolean | undefined;
  /** The literal a choice yields. */
  value(choice: number): unknown;
  /** A text filled in. */
  text(text: number): string | undefined;
  readonly numbers?: NumberDoor;
}
