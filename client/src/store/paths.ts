/**
 * The types of paths: which there are in a state, and what lies there.
 *
 * Two ways. `DeepKey` is the union of all paths, for those who want to name it. What the store's methods ask for is
 * `PathOf`: it follows the one path that was written, segment by segment, so that its cost does not grow with the
 * state, and it offers an editor the paths of the level that is being typed.
 */
/** A state whose shape is not known: any path, values unknown. */
export type LooseData = Record<string, unknown>;

/** Types that no path leads into: functions and built-in classes. */
type BuiltIn =
  | ((...given: never[]) => unknown)
  | Date
  | RegExp
  | Error
  | Promise<unknown>
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | WeakMap<WeakKey, unknown>
  | WeakSet<WeakKey>
  | ArrayBuffer
  | ArrayBufferView;

/** Whether a path can lead into it: arrays, and objects without methods, which a class would have. */
type IsOpen<DATA> = DATA extends readonly unknown[]
  ? true
  : DATA extends BuiltIn
    ? false
    : DATA extends object
      ? IsUnknown<DATA[keyof DATA]> extends true
        ? true
        : Extract<DATA[keyof DATA], (...given: never[]) => unknown> extends never
          ? true
          : false
      : false;

/** A value as it is read: it cannot be changed all the way down, but for opaque values, which are as they are. */
export type Frozen<DATA> = DATA extends unknown
  ? IsOpen<DATA> extends true
    ? { readonly [KEY in keyof DATA]: Frozen<DATA[KEY]> }
    : DATA
  : never;

type IsAny<TYPE> = 0 extends 1 & TYPE ? true : false;
type IsUnknown<TYPE> = unknown extends TYPE ? true : false;

/** The segments that lead one level down. */
type SegmentOf<DATA> = DATA extends readonly unknown[]
  ? number extends DATA['length']
    ? `${number}`
    : Extract<keyof DATA, `${number}`>
  : `${Extract<keyof DATA, string | number>}`;

/** So many levels are spelled out by `DeepKey`; a type that contains itself ends there. */
type DEPTH_MAX = 10;

/**
 * All paths of a state, an array's elements as `${number}`. A record with a string index has any text below it.
 * It stops at functions and opaque types, and after ten levels.
 */
export type DeepKey<DATA> = KeysBelow<DATA, []>;

type KeysBelow<DATA, LEVELS extends 0[]> =
  IsUnknown<DATA> extends true
    ? string
    : LEVELS['length'] extends DEPTH_MAX
      ? never
      : DATA extends null | undefined
        ? never
        : IsOpen<DATA> extends true
          ? {
              [SEGMENT in SegmentOf<DATA>]:
                | SEGMENT
                | `${SEGMENT}.${KeysBelow<Step<DATA, SEGMENT>, [...LEVELS, 0]>}`;
            }[SegmentOf<DATA>]
          : never;

/** What lies one segment below; `never` when there is no such place. */
type Step<DATA, SEGMENT extends string> =
  IsUnknown<DATA> extends true
    ? unknown
    : DATA extends null | undefined
      ? never
      : IsOpen<DATA> extends true
        ? DATA extends readonly unknown[]
          ? StepInArray<DATA, SEGMENT>
          : SEGMENT extends keyof DATA
            ? DATA[SEGMENT]
            : SEGMENT extends `${infer INDEX extends number}`
              ? INDEX extends keyof DATA
                ? DATA[INDEX]
                : never
              : never
        : never;

type StepInArray<DATA extends readonly unknown[], SEGMENT extends string> = SEGMENT extends 'length'
  ? number
  : SEGMENT extends keyof DATA
    ? DATA[SEGMENT]
    : SEGMENT extends `${number}`
      ? number extends DATA['length']
        ? DATA[number]
        : never
      : never;

/** What may be written at a path; `never` when there is no such path. `''` is the whole state. */
export type DeepValue<DATA, PATH extends string> = PATH extends '' ? DATA : Below<DATA, PATH>;

type Below<DATA, PATH extends string> = PATH extends `${infer SEGMENT}.${infer REST}`
  ? Below<Step<DATA, SEGMENT>, REST>
  : Step<DATA, PATH>;

/** What is read at a path: frozen, and `undefined` too where something above may be missing. */
export type ReadValue<DATA, PATH extends string> =
  | Frozen<DeepValue<DATA, PATH>>
  | (PATH extends '' ? never : MayMiss<DATA, PATH>);

type MayMiss<DATA, PATH extends string> = PATH extends `${infer SEGMENT}.${infer REST}`
  ? MissHere<DATA, SEGMENT> | MayMiss<Step<DATA, SEGMENT>, REST>
  : MissHere<DATA, PATH>;

/** `undefined` if nothing may be at a segment: of what may be null itself, of a list or of a record. */
type MissHere<DATA, SEGMENT extends string> =
  IsUnknown<DATA> extends true
    ? never
    : [DATA] extends [NonNullable<DATA>]
      ? DATA extends readonly unknown[]
        ? SEGMENT extends keyof DATA
          ? never
          : undefined
        : string extends keyof DATA
          ? undefined
          : never
      : undefined;

/** A path of the state as it is written; where it is none, the paths that an editor offers instead. */
export type PathOf<DATA, PATH extends string> = PATH extends ''
  ? '' | SegmentsAt<DATA>
  : [DeepValue<DATA, PATH>] extends [never]
    ? Offer<DATA, PATH, ''>
    : PATH;

/** The paths of the deepest level that the text reaches. */
type Offer<
  DATA,
  PATH extends string,
  ABOVE extends string,
> = PATH extends `${infer SEGMENT}.${infer REST}`
  ? [Step<DATA, SEGMENT>] extends [never]
    ? `${ABOVE}${SegmentsAt<DATA>}`
    : Offer<Step<DATA, SEGMENT>, REST, `${ABOVE}${SEGMENT}.`>
  : `${ABOVE}${SegmentsAt<DATA>}`;

type SegmentsAt<DATA> =
  IsAny<DATA> extends true
    ? string
    : DATA extends null | undefined
      ? never
      : IsOpen<DATA> extends true
        ? SegmentOf<DATA>
        : never;
