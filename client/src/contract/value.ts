/**
 * The types of a contract's values, read off the contract file: what is read, and what may be written.
 *
 * One walk serves both; a `Mode` says how they differ. Objects are worked out only when somebody looks into them, so a
 * contract may name itself.
 */
import type { AimDbSchemas } from '../contracts.js';
import type { Frozen, SchemaInput } from './definition.js';
import type {
  ContractField,
  ContractFile,
  ContractKind,
  JsonValue,
  NestedContract,
  NumberKind,
} from './file.js';

/** The type of what a record of this contract gives. With a name, of another contract of the file. */
export type ContractValue<FILE extends ContractFile, NAME extends string = FILE['name']> = Named<
  NAME,
  FILE,
  Reading
>;

/**
 * The type of what a record of this contract takes: fields with a default may be left out, a time may be a `Date`,
 * and bytes may be a `Uint8Array`.
 */
export type ContractInput<FILE extends ContractFile, NAME extends string = FILE['name']> = Named<
  NAME,
  FILE,
  Writing
>;

/** How reading and writing differ. */
interface Mode {
  readonly scalars: object;
  /** The fields that may be absent. */
  readonly absent: object;
  /** What an absent field may be as well. */
  readonly undefined: undefined;
  readonly isWritten: boolean;
}

type Numbers = { readonly [KIND in NumberKind]: number };

interface Reading {
  readonly scalars: Numbers & {
    readonly bool: boolean;
    readonly text: string;
    readonly bytes: string;
    readonly time: number;
    readonly json: JsonValue;
  };
  readonly absent: { readonly optional: true; readonly default?: undefined };
  readonly undefined: never;
  readonly isWritten: false;
}

interface Writing {
  readonly scalars: Numbers & {
    readonly bool: boolean;
    readonly text: string;
    readonly bytes: string | Uint8Array;
    readonly time: number | Date;
    readonly json: JsonValue;
  };
  readonly absent: { readonly optional: true } | { readonly default: JsonValue };
  readonly undefined: undefined;
  readonly isWritten: true;
}

/** The value of a contract by its name: of the file, of those it carries, or of those that are known everywhere. */
type Named<NAME, FILE extends ContractFile, MODE extends Mode> = string extends NAME
  ? unknown
  : NAME extends FILE['name']
    ? FILE extends { readonly unknownFields: 'keep' }
      ? { readonly [name: string]: JsonValue }
      : Fields<FILE['fields'], FILE, MODE>
    : NAME extends Carried<FILE>['name']
      ? Fields<Extract<Carried<FILE>, { readonly name: NAME }>['fields'], FILE, MODE>
      : NAME extends keyof AimDbSchemas
        ? MODE['isWritten'] extends true
          ? SchemaInput<NAME>
          : Frozen<AimDbSchemas[NAME]>
        : unknown;

/** The contracts that a file carries besides its own. */
export type Carried<FILE extends ContractFile> = FILE extends {
  readonly contracts: readonly (infer CONTRACT extends NestedContract)[];
}
  ? CONTRACT
  : never;

/** An object of fields; of any fields where the file is not a literal. */
type Fields<
  FIELDS extends readonly ContractField[],
  FILE extends ContractFile,
  MODE extends Mode,
> = number extends FIELDS['length']
  ? { readonly [name: string]: unknown }
  : Flattened<
      {
        readonly [FIELD in Exclude<FIELDS[number], MODE['absent']> as FIELD['name']]: Kind<
          FIELD['kind'],
          FILE,
          MODE
        >;
      } & {
        readonly [FIELD in Extract<FIELDS[number], MODE['absent']> as FIELD['name']]?:
          | Kind<FIELD['kind'], FILE, MODE>
          | MODE['undefined'];
      }
    >;

/** The same as one plain object, for whoever reads it in an editor. */
type Flattened<OBJECT> = { readonly [NAME in keyof OBJECT]: OBJECT[NAME] } & {};

type Kind<KIND, FILE extends ContractFile, MODE extends Mode> = [ContractKind] extends [KIND]
  ? unknown
  : KindOf<KIND, FILE, MODE>;

type KindOf<KIND, FILE extends ContractFile, MODE extends Mode> = KIND extends keyof MODE['scalars']
  ? MODE['scalars'][KIND]
  : KIND extends { readonly kind: infer RULED }
    ? Kind<RULED, FILE, MODE>
    : KIND extends { readonly list: infer ITEM }
      ? readonly Kind<ITEM, FILE, MODE>[]
      : KIND extends { readonly enum: readonly (infer TEXT)[] }
        ? TEXT
        : KIND extends { readonly contract: infer NAME }
          ? Named<NAME, FILE, MODE>
          : KIND extends { readonly nullable: infer INNER }
            ? Kind<INNER, FILE, MODE> | null
            : KIND extends { readonly map: infer ENTRY }
              ? { readonly [name: string]: Kind<ENTRY, FILE, MODE> }
              : KIND extends {
                    readonly object: {
                      readonly fields: infer FIELDS extends readonly ContractField[];
                    };
                  }
                ? Fields<FIELDS, FILE, MODE>
                : KIND extends { readonly tuple: infer PLACES }
                  ? { readonly [PLACE in keyof PLACES]: Kind<PLACES[PLACE], FILE, MODE> }
                  : KIND extends {
                        readonly oneOf: {
                          readonly tag: infer TAG extends string;
                          readonly cases: infer CASES;
                        };
                      }
                    ? {
                        // In place and not under a name of its own, which an editor would show instead of the cases.
                        [CASE in keyof CASES]: Flattened<
                          { readonly [FIELD in TAG]: CASE } & Case<CASES[CASE], FILE, MODE>
                        >;
                      }[keyof CASES]
                    : unknown;

type Case<CASE, FILE extends ContractFile, MODE extends Mode> = CASE extends {
  readonly fields: infer FIELDS extends readonly ContractField[];
}
  ? Fields<FIELDS, FILE, MODE>
  : Kind<CASE, FILE, MODE>;
