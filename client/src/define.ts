/**
 * Contracts and records as literals of which the compiler knows every name.
 *
 * At run time both give back what they got. Nothing is loaded and nothing is checked here: that happens where they are
 * used, by `registerContract` and `configureRecords`.
 */
import type { Checked } from './contract/check.js';
import type { ContractFile } from './contract/file.js';
import type { CheckedRecords } from './contract/records.js';
import type { RecordDefinitions } from './types.js';

/** A contract file, with the type of its literal: for `ContractValue<typeof order>`, without `as const`. */
export function defineContract<const FILE extends ContractFile>(file: FILE & Checked<FILE>): FILE {
  return file;
}

/**
 * Keys with their contracts and buffers, for `db.configureRecords` and `<AimDbProvider options={{ records }}>`. Frozen.
 *
 * A record has either `contract`, a contract file, or `schemaType`, the name of a contract that is built in, is an
 * application's own in `AimDbSchemas`, or stands in the file of another of these records.
 */
export function defineRecords<const RECORDS extends RecordDefinitions>(
  records: RECORDS & CheckedRecords<RECORDS>,
): RECORDS {
  for (const definition of Object.values(records)) Object.freeze(definition);
  return Object.freeze(records);
}
