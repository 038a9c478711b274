// Written from pipeline/wasm/src/shared.rs by `make types`: do not edit.

/** Words of the header. */
export const WORD = {
  inputPaths: 0,
  inputKinds: 1,
  inputNumbers: 2,
  inputSenders: 3,
  textArea: 4,
  keptCount: 5,
  changePaths: 6,
  changeKinds: 8,
  changeNumbers: 9,
  changeLineages: 10,
  changeSenders: 11,
  conditions: 12,
  holds: 14,
  choices: 15,
  leaves: 17,
  texts: 18,
  validators: 20,
  listeners: 22,
  planStarts: 24,
  planChanges: 25,
  planStrips: 26,
  freedPaths: 27,
  freedTexts: 29,
  freedSlots: 31,
  ids: 33,
  text: 35,
  failureCode: 37,
  failureNumber: 38,
  failurePath: 39,
  failureOther: 41,
} as const;

/** Kinds of values. */
export const KIND = {
  undefined: 1,
  null: 2,
  bool: 3,
  number: 4,
  text: 5,
  slot: 6,
  object: 7,
  array: 8,
} as const;

/** What a batch brings beside paths and numbers. */
export const BRINGS = {
  kinds: 1,
  senders: 2,
} as const;

/** What became of a batch or a registration. */
export const OUTCOME = {
  unchanged: 0,
  reported: 1,
  refused: 2,
} as const;

/** The bits of a lineage: which rules a change went through, cumulatively. */
export const LINEAGE = {
  isSyncPathChange: 1,
  isFlipPathChange: 2,
  isAggregationChange: 4,
  isClearPathChange: 8,
  isComputationChange: 16,
  isListenerChange: 32,
} as const;

/** Forms of conditions, by operator. */
export const FORM = {
  IS_EQUAL: 0,
  EXISTS: 1,
  IS_EMPTY: 2,
  AND: 3,
  OR: 4,
  NOT: 5,
  GT: 6,
  LT: 7,
  GTE: 8,
  LTE: 9,
  IN: 10,
  CONTAINS_ANY: 11,
  CONTAINS_ALL: 12,
} as const;

/** Forms of choices. */
export const CHOICE = {
  LEAF: 0,
  IF: 1,
  MATCH: 2,
} as const;

/** Operations of computations. */
export const OPERATION = {
  SUM: 0,
  AVG: 1,
} as const;

/** Codes of refusals, in the order of their numbers. */
export type FailureCodes = readonly [
  'UNKNOWN',
  'THROUGH_PRIMITIVE',
  'PAST_ARRAY_END',
  'NOT_AN_INDEX',
  'COMPUTED_TARGET',
  'NOT_SETTLED',
  'TOO_MANY_WRITES',
  'LISTENER_TOO_DEEP',
  'AGGREGATION_CYCLE',
  'NESTED_MEMBERS',
  'COMPUTATION_CYCLE',
  'TARGET_TAKEN',
  'UNBOUND_WILDCARD',
  'LOGIC_TOO_DEEP',
  'PATH_TOO_DEEP',
  'TEXT_TOO_LONG',
  'TOO_MANY_PATHS',
  'TOO_MANY_TEXTS',
  'MALFORMED_INPUT',
  'MALFORMED_RULE',
];

/** Set on the kind of an entry that lies below the object or array written just before it. */
export const PART = 128;
/** No id, no slot. */
export const NONE = 4294967295;
/** How much of a path is stripped when the change lies above the scope. */
export const ABOVE_SCOPE = 4294967295;
/** The most entries of a batch. */
export const ENTRIES_MAX = 2097152;
/** The most values in slots. */
export const SLOTS_MAX = 4194304;
/** How deep a rule or one of its literals may nest. */
export const LOGIC_DEPTH_MAX = 32;
/** Rounds of the derived stages, unless a store says otherwise. */
export const ROUNDS_MAX = 32;
/** How often listeners may answer listeners. */
export const LISTENER_DEPTH_MAX = 32;
