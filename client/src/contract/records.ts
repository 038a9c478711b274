/** The records of an application as a literal: which contract and buffer stands under which key, and what follows for values. */
import type { AimDbSchemas } from '../contracts.js';
import type { Frozen, RecordDefinition, RecordDefinitions, SchemaInput } from './definition.js';
import type { Checked, Mistake, Stray } from './check.js';
import type { ContractFile } from './file.js';
import type { SchemaInputOf, SchemaOutputOf, StandardSchemaV1 } from './standard.js';
import type { Carried, ContractInput, ContractValue } from './value.js';

/** What the records give and take, by key. */
export type RecordsOf<RECORDS extends RecordDefinitions> = {
  readonly [KEY in keyof RECORDS]: {
    readonly value: DefinedValue<RECORDS, KEY>;
    readonly input: DefinedInput<RECORDS, KEY>;
  };
};

/** What the record under a key gives. */
export type DefinedValue<RECORDS, KEY> = KEY extends keyof RECORDS
  ? RECORDS[KEY] extends { readonly contract: infer FILE extends ContractFile }
    ? ContractValue<FILE>
    : RECORDS[KEY] extends { readonly schemaType: infer NAME extends string }
      ? NAME extends keyof AimDbSchemas
        ? Frozen<AimDbSchemas[NAME]>
        : FileWith<RECORDS, NAME> extends infer FILE extends ContractFile
          ? ContractValue<FILE, NAME>
          : unknown
      : RECORDS[KEY] extends { readonly schema: infer SCHEMA extends StandardSchemaV1 }
        ? Frozen<SchemaOutputOf<SCHEMA>>
        : unknown
  : unknown;

/** What the record under a key takes. */
export type DefinedInput<RECORDS, KEY> = KEY extends keyof RECORDS
  ? RECORDS[KEY] extends { readonly contract: infer FILE extends ContractFile }
    ? ContractInput<FILE>
    : RECORDS[KEY] extends { readonly schemaType: infer NAME extends string }
      ? NAME extends keyof AimDbSchemas
        ? SchemaInput<NAME>
        : FileWith<RECORDS, NAME> extends infer FILE extends ContractFile
          ? ContractInput<FILE, NAME>
          : unknown
      : RECORDS[KEY] extends { readonly schema: infer SCHEMA extends StandardSchemaV1 }
        ? Frozen<SchemaInputOf<SCHEMA>>
        : unknown
  : unknown;

/** The contract files of the records. */
type FilesOf<RECORDS> = RECORDS[keyof RECORDS] extends infer RECORD
  ? RECORD extends { readonly contract: infer FILE extends ContractFile }
    ? FILE
    : never
  : never;

/** The file of some record that has a contract of this name. */
type FileWith<RECORDS, NAME extends string> =
  FilesOf<RECORDS> extends infer FILE
    ? FILE extends ContractFile
      ? NAME extends FILE['name'] | Carried<FILE>['name']
        ? FILE
        : never
      : never
    : never;

type NameIn<FILE> = FILE extends ContractFile ? FILE['name'] | Carried<FILE>['name'] : never;

/** What literal records must be besides definitions: nothing more where they are right. */
export type CheckedRecords<RECORDS extends RecordDefinitions> =
  RECORDS extends Records<RECORDS> ? unknown : Records<RECORDS>;

type Records<RECORDS extends RecordDefinitions> = {
  readonly [KEY in keyof RECORDS]: {
    readonly [PART in keyof RECORDS[KEY]]: CheckedPart<RECORDS, PART, RECORDS[KEY][PART]>;
  };
};

type CheckedPart<RECORDS, PART, GIVEN> = PART extends 'contract'
  ? GIVEN extends ContractFile
    ? GIVEN & Checked<GIVEN>
    : GIVEN
  : PART extends 'schemaType'
    ? GIVEN extends keyof AimDbSchemas | NameIn<FilesOf<RECORDS>>
      ? GIVEN
      : Mistake<`there is no contract '${GIVEN & string}'`>
    : PART extends 'buffer'
      ? GIVEN extends { readonly type: infer TYPE }
        ? Known<GIVEN, TYPE extends 'SpmcRing' ? 'type' | 'capacity' : 'type'>
        : GIVEN
      : PART extends 'offline'
        ? GIVEN extends object
          ? Known<GIVEN, 'expireMs'>
          : GIVEN
        : PART extends 'conflict'
          ? GIVEN extends object
            ? Known<GIVEN, 'ifNewer'>
            : GIVEN
          : PART extends AnyPart<RecordDefinition>
            ? GIVEN
            : Stray<PART>;

type AnyPart<OBJECT> = OBJECT extends unknown ? keyof OBJECT : never;

/** The same object without a name that is not known. */
type Known<OBJECT, NAMES> = {
  readonly [NAME in keyof OBJECT]: NAME extends NAMES ? OBJECT[NAME] : Stray<NAME>;
};
