/**
 * What the compiler checks of a literal contract file beyond its shape: names that do not exist, options that are
 * misspelt (a type parameter takes any extra name), and texts that must be one of some.
 *
 * `Checked...<LITERAL>` is the literal's own type where it is right, and where it is wrong, what was expected there. The
 * rest (ranges, defaults within their rules, versions) is checked when the contract is registered.
 */
import type { AimDbSchemas } from '../contracts.js';
import type {
  ContractFields,
  ContractFile,
  ContractRules,
  FieldWords,
  NestedContract,
  NumberKind,
} from './file.js';
import type { Carried } from './value.js';

/** What a literal must be besides a contract file: nothing more where it is right, so that its parts are compared once. */
export type Checked<FILE extends ContractFile> =
  FILE extends CheckedContract<FILE> ? unknown : CheckedContract<FILE>;

type CheckedContract<FILE extends ContractFile> = number extends FILE['fields']['length']
  ? FILE
  : {
      readonly [PART in keyof FILE]: PART extends 'contracts'
        ? CheckedContracts<FILE[PART], NamesIn<FILE>>
        : CheckedPart<FILE, PART, NamesIn<FILE>>;
    };

/** Stands where something is wrong. An object, since unlike texts would make the whole literal `never`. */
export interface Mistake<WORDS extends string> {
  readonly mistake: WORDS;
}

/** Stands in the place of a name that nobody knows. */
export type Stray<NAME> = Mistake<`there is no '${NAME & string}' here`>;

/** The contracts that may be named in a file. */
type NamesIn<FILE extends ContractFile> =
  | FILE['name']
  | Carried<FILE>['name']
  | (keyof AimDbSchemas & string);

type CheckedContracts<CONTRACTS, NAMES> = {
  readonly [AT in keyof CONTRACTS]: {
    readonly [PART in keyof CONTRACTS[AT]]: CheckedPart<CONTRACTS[AT], PART, NAMES>;
  };
};

/** One part of a contract. */
type CheckedPart<CONTRACT, PART extends keyof CONTRACT, NAMES> = PART extends 'fields'
  ? CheckedFields<CONTRACT[PART], NAMES>
  : PART extends 'signal'
    ? CheckedSignal<CONTRACT, CONTRACT[PART]>
    : PART extends 'migrations'
      ? CheckedMigrations<CONTRACT[PART]>
      : PART extends keyof NestedContract
        ? CONTRACT[PART]
        : Stray<PART>;

interface NumberField {
  readonly name: string;
  readonly kind: NumberKind;
}

/** The signal is a number field. */
type CheckedSignal<CONTRACT, SIGNAL> = CONTRACT extends {
  readonly fields: readonly (infer FIELD)[];
}
  ? SIGNAL extends Extract<FIELD, NumberField>['name']
    ? SIGNAL
    : Mistake<`there is no number field '${SIGNAL & string}'`>
  : never;

type CheckedFields<FIELDS, NAMES> = {
  readonly [AT in keyof FIELDS]: CheckedField<FIELDS[AT], NAMES>;
};

type CheckedField<FIELD, NAMES> = {
  readonly [PART in keyof FIELD]: PART extends 'kind'
    ? CheckedKind<FIELD[PART], NAMES>
    : PART extends 'default'
      ? CheckedDefault<FIELD, FIELD[PART]>
      : PART extends keyof FieldWords | keyof ContractRules
        ? FIELD[PART]
        : Stray<PART>;
};

/** The default of an enum is one of its texts. */
type CheckedDefault<FIELD, DEFAULT> = FIELD extends {
  readonly kind: { readonly enum: readonly (infer TEXT)[] };
}
  ? DEFAULT extends TEXT
    ? DEFAULT
    : Mistake<'the default must be one of the texts'>
  : DEFAULT;

type CheckedKind<KIND, NAMES> = KIND extends string
  ? KIND
  : {
      readonly [PART in keyof KIND]: PART extends 'list' | 'map' | 'nullable' | 'kind'
        ? CheckedKind<KIND[PART], NAMES>
        : PART extends 'contract'
          ? CheckedName<KIND[PART], NAMES>
          : PART extends 'tuple'
            ? CheckedKinds<KIND[PART], NAMES>
            : PART extends 'object'
              ? CheckedObject<KIND[PART], NAMES>
              : PART extends 'oneOf'
                ? CheckedOneOf<KIND[PART], NAMES>
                : PART extends 'enum' | keyof ContractRules
                  ? KIND[PART]
                  : Stray<PART>;
    };

type CheckedName<NAME, NAMES> = NAME extends NAMES
  ? NAME
  : Mistake<`there is no contract '${NAME & string}'`>;

type CheckedKinds<KINDS, NAMES> = { readonly [AT in keyof KINDS]: CheckedKind<KINDS[AT], NAMES> };

type CheckedObject<OBJECT, NAMES> = {
  readonly [PART in keyof OBJECT]: PART extends 'fields'
    ? CheckedFields<OBJECT[PART], NAMES>
    : PART extends keyof ContractFields
      ? OBJECT[PART]
      : Stray<PART>;
};

type CheckedOneOf<ONE_OF, NAMES> = {
  readonly [PART in keyof ONE_OF]: PART extends 'cases'
    ? CheckedCases<ONE_OF[PART], NAMES>
    : PART extends 'tag'
      ? ONE_OF[PART]
      : Stray<PART>;
};

type CheckedCases<CASES, NAMES> = {
  readonly [CASE in keyof CASES]: CASES[CASE] extends ContractFields
    ? CheckedObject<CASES[CASE], NAMES>
    : CheckedKind<CASES[CASE], NAMES>;
};

type CheckedMigrations<MIGRATIONS> = {
  readonly [AT in keyof MIGRATIONS]: {
    readonly [PART in keyof MIGRATIONS[AT]]: PART extends 'up' | 'down'
      ? CheckedSteps<MIGRATIONS[AT][PART]>
      : PART extends 'from'
        ? MIGRATIONS[AT][PART]
        : Stray<PART>;
  };
};

type CheckedSteps<STEPS> = { readonly [AT in keyof STEPS]: CheckedStep<STEPS[AT]> };

type CheckedStep<STEP> = {
  readonly [NAME in keyof STEP]: NAME extends keyof StepParts
    ? {
        readonly [PART in keyof STEP[NAME]]: PART extends StepParts[NAME]
          ? PART extends 'steps'
            ? CheckedSteps<STEP[NAME][PART]>
            : STEP[NAME][PART]
          : Stray<PART>;
      }
    : NAME extends 'rename' | 'drop'
      ? STEP[NAME]
      : Stray<NAME>;
};

/** What stands in the steps that have parts. */
interface StepParts {
  readonly add: 'field' | 'value';
  readonly scale: 'field' | 'factor' | 'offset';
  readonly map: 'field' | 'values';
  readonly when: 'field' | 'is' | 'steps';
}
