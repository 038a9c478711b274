/**
 * The contract file: what a record's values are, as data. `db.registerContract` takes it, a server hands it out, and
 * `ContractValue` reads the type of the values off it.
 */

/** Any JSON value. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

export type IntegerKind = 'u8' | 'u16' | 'u32' | 'u64' | 'i8' | 'i16' | 'i32' | 'i64';
export type NumberKind = IntegerKind | 'f32' | 'f64';
/** A kind that needs no more than its name. `bytes` is base64 text, `time` is Unix milliseconds. */
export type ScalarKind = 'bool' | NumberKind | 'text' | 'bytes' | 'time' | 'json';

/** One of some texts. */
export interface EnumKind {
  readonly enum: readonly string[];
}

/** Any number of values of one kind. */
export interface ListKind {
  readonly list: InnerKind;
}

/** A value for each place. */
export interface TupleKind {
  readonly tuple: readonly InnerKind[];
}

/** Values of one kind under any texts. */
export interface MapKind {
  readonly map: InnerKind;
}

/** Fields in place. */
export interface ObjectKind {
  readonly object: ContractFields;
}

/** A value of another contract: of the file, of itself, or of one that is known already. */
export interface NamedKind {
  readonly contract: string;
}

/** One of some objects, told apart by the text in the field `tag`. */
export interface OneOfKind {
  readonly oneOf: {
    readonly tag: string;
    readonly cases: { readonly [value: string]: ContractFields | NamedKind };
  };
}

/** A value or null. An absent field is another thing: that is `optional`. */
export interface NullableKind {
  readonly nullable: InnerKind;
}

export type CompositeKind =
  | EnumKind
  | ListKind
  | TupleKind
  | MapKind
  | ObjectKind
  | NamedKind
  | OneOfKind
  | NullableKind;

export type ContractKind = ScalarKind | CompositeKind;

/** Every rule; each kind takes those of its own. */
export interface ContractRules {
  readonly min?: number;
  readonly max?: number;
  readonly exclusiveMin?: number;
  readonly exclusiveMax?: number;
  readonly multipleOf?: number;
  /** Code points of a text, bytes of `bytes`. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** A regular expression of ECMAScript with the flag `u`, not anchored. */
  readonly pattern?: string;
  readonly format?: TextFormat;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
}

export type TextFormat =
  | 'date-time'
  | 'date'
  | 'time'
  | 'duration'
  | 'uuid'
  | 'email'
  | 'uri'
  | 'hostname'
  | 'ipv4'
  | 'ipv6';

type NumberRule = 'min' | 'max' | 'exclusiveMin' | 'exclusiveMax' | 'multipleOf';
type LengthRule = 'minLength' | 'maxLength';
type ItemRule = 'minItems' | 'maxItems' | 'uniqueItems';
type PropertyRule = 'minProperties' | 'maxProperties';

/** A kind, and of all rules only its own: one plain object, since the compiler compares it with every field. */
type Ruled<KIND, RULE extends keyof ContractRules> = { readonly kind: KIND } & {
  readonly [NAME in keyof ContractRules]?: NAME extends RULE ? ContractRules[NAME] : never;
} extends infer ALL
  ? { readonly [NAME in keyof ALL]: ALL[NAME] }
  : never;

interface RuledNumber extends Ruled<NumberKind | 'time', NumberRule> {}
interface RuledText extends Ruled<'text', LengthRule | 'pattern' | 'format'> {}
interface RuledBytes extends Ruled<'bytes', LengthRule> {}
interface RuledFlag extends Ruled<'bool', never> {}
interface RuledEnum extends Ruled<EnumKind, never> {}
interface RuledList extends Ruled<ListKind, ItemRule> {}
interface RuledMap extends Ruled<MapKind, PropertyRule> {}
interface RuledOther extends Ruled<UnruledKind, never> {}
type UnruledKind = 'json' | TupleKind | ObjectKind | NamedKind | OneOfKind | NullableKind;

/** A kind inside of another: alone, or in an object with its rules. */
export type InnerKind =
  | ContractKind
  | RuledNumber
  | RuledText
  | RuledBytes
  | RuledFlag
  | RuledEnum
  | RuledList
  | RuledMap
  | RuledOther;

/** What a field has besides its kind and the rules of that kind. */
export interface FieldWords {
  readonly name: string;
  /** Whether it may be absent. */
  readonly optional?: boolean;
  readonly unit?: string;
  readonly doc?: string;
  readonly icon?: string;
}

/** The value of an absent field. */
interface Default<VALUE> extends FieldWords {
  readonly default?: VALUE;
}

interface NumberField extends RuledNumber, Default<number> {}
interface TextField extends RuledText, Default<string> {}
interface BytesField extends RuledBytes, Default<string> {}
interface FlagField extends RuledFlag, Default<boolean> {}
interface EnumField extends RuledEnum, Default<string> {}
interface ListField extends RuledList, Default<readonly JsonValue[]> {}
interface MapField extends RuledMap, Default<{ readonly [name: string]: JsonValue }> {}
interface OtherField extends RuledOther, Default<JsonValue> {}

/** A field: its name, its kind, and the rules of that kind beside it. */
export type ContractField =
  | NumberField
  | TextField
  | BytesField
  | FlagField
  | EnumField
  | ListField
  | MapField
  | OtherField;

/** The fields of an object. */
export interface ContractFields {
  readonly fields: readonly ContractField[];
  /** What becomes of a field that is not named here: it is left out, or the value is refused. */
  readonly unknownFields?: 'ignore' | 'refuse';
}

/** One step of a migration; steps run in order. */
export type MigrationStep =
  | { readonly rename: readonly [from: string, to: string] }
  | { readonly add: { readonly field: string; readonly value: JsonValue } }
  | { readonly drop: string }
  /** A number becomes `number * factor + offset`. */
  | {
      readonly scale: {
        readonly field: string;
        readonly factor: number;
        readonly offset?: number;
      };
    }
  /** Values become others; a value that is not listed stays. */
  | {
      readonly map: {
        readonly field: string;
        readonly values: readonly (readonly [from: JsonValue, to: JsonValue])[];
      };
    }
  /** The steps run only where the field has this value. */
  | {
      readonly when: {
        readonly field: string;
        readonly is: JsonValue;
        readonly steps: readonly MigrationStep[];
      };
    };

/** The way between the version `from` and the next one. */
export interface ContractMigration {
  readonly from: number;
  readonly up: readonly MigrationStep[];
  readonly down: readonly MigrationStep[];
}

/** One contract of a file. */
export interface NestedContract extends ContractFields {
  readonly name: string;
  readonly version: number;
  readonly doc?: string;
  readonly icon?: string;
  /** The number field that stands for the whole. */
  readonly signal?: string;
  readonly migrations?: readonly ContractMigration[];
}

/** A contract with those that it names. */
export interface ContractFile extends Omit<NestedContract, 'unknownFields'> {
  /** With `keep` and no `fields`: any JSON object, kept as it is. */
  readonly unknownFields?: 'ignore' | 'refuse' | 'keep';
  readonly contracts?: readonly NestedContract[];
}
