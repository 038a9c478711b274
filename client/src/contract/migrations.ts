/**
 * Steps between the versions of a contract that are functions of the application, beside those that are data.
 *
 * Guarantees: functions get copies and give copies; they run before a value goes to the engine and after it came from there,
 * never inside. Does not: take data steps; the engine does.
 */
import type { Engine } from '../../wasm/engine.js';
import type { ContractFile, ContractMigration } from './file.js';
import { AimDbError, badOption, ContractViolation, calling, wordsOf } from '../errors.js';
import { type Admitted, type Gate, isPromise } from './gate.js';
import type { JsonPlaces } from './json-places.js';
import { isObject, isWhole, needOptions } from '../options.js';
import { plain, plainArgument, strayPart } from '../plain.js';
import type { ContractOptions, MigrationFunctions, SchemaDescription } from '../types.js';

/** The field in which a value says its version. */
const VERSION_FIELD = 'schema_version';

type Fields = Record<string, unknown>;

/** An engine that takes contracts while it runs. */
export interface ContractEngine extends Engine {
  registerContract(file: unknown): void;
  takeSteps(file: unknown, value: unknown, down: boolean): string;
}

/** What steps need of their database. */
export interface MigratingDb {
  /** The engine, or an error once it is freed. */
  open(): Engine;
  /** The error of the value that the engine has just refused. */
  refusal(engine: Engine): AimDbError;
  schema(
    name: string,
  ): { readonly description: SchemaDescription; readonly places: JsonPlaces } | null;
  /** By the engine's number. */
  readonly views: { readonly [record: number]: { readonly gate: Gate | null } | undefined };
}

/** The steps of one contract, of which some are functions. */
export class Migrations {
  readonly name: string;
  readonly version: number;
  /** The oldest version that leads here. */
  readonly oldest: number;
  /** Those of the file that stand before a function: the engine does not know them. */
  readonly #data: readonly ContractMigration[];
  readonly #functions: ReadonlyMap<number, MigrationFunctions>;

  private constructor(
    contract: ContractFile,
    data: readonly ContractMigration[],
    functions: ReadonlyMap<number, MigrationFunctions>,
  ) {
    this.name = contract.name;
    this.version = contract.version;
    this.oldest = contract.version - data.length - functions.size;
    this.#data = data;
    this.#functions = functions;
  }

  /** What `registerContract` was told; nothing if there are no functions. */
  static of(contract: ContractFile, options: ContractOptions): Migrations | null {
    const about = `contract '${contract?.name}'`;
    needOptions(options, ['migrate'], about);
    const { migrate = {} } = options;
    // What is no file is for the engine to refuse, with the place.
    if (!isObject(contract) || !Array.isArray(contract.migrations ?? [])) return null;
    if (!isObject(migrate))
      throw badOption(`${about}: migrate must be an object of steps by version`);
    const data = contract?.migrations ?? [];
    const functions = new Map<number, MigrationFunctions>();
    for (const [name, steps] of Object.entries(migrate)) {
      const from = Number(name);
      if (!isWhole(from, 1, contract.version - 1)) {
        throw badOption(`${about}: migrate['${name}'] leads from no older version`);
      }
      const { up, down, ...others } = isObject(steps) ? steps : {};
      if (
        typeof up !== 'function' ||
        typeof down !== 'function' ||
        Object.keys(others).length > 0
      ) {
        throw badOption(`${about}: migrate[${from}] must be { up, down }, two functions`);
      }
      if (data.some?.((migration) => migration?.from === from)) {
        throw badOption(
          `${about}: from version ${from} there are steps in the file, and functions`,
        );
      }
      functions.set(from, { up, down } as MigrationFunctions);
    }
    return functions.size > 0 ? new Migrations(contract, data, functions) : null;
  }

  /** Throws if the steps are no chain, or one cannot be used: with one that does nothing in the place of each function. */
  check(engine: ContractEngine, contract: ContractFile): void {
    const places = [...this.#functions.keys()].map((from) => ({ from, up: [], down: [] }));
    const file = this.#with(contract, [...this.#data, ...places]);
    try {
      engine.takeSteps(plainArgument(file), {}, false);
    } catch (failure) {
      // Of a value without any field steps may well fail.
      if ((failure as { code?: unknown }).code !== 'CONTRACT_VIOLATION') throw failure;
    }
  }

  /** The contract with the steps that the engine can take by itself, which it may tell others. */
  shared(contract: ContractFile): ContractFile {
    const newest = Math.max(...this.#functions.keys());
    return this.#with(
      contract,
      this.#data.filter(({ from }) => from > newest),
    );
  }

  #with(contract: ContractFile, migrations: ContractMigration[]): ContractFile {
    return { ...contract, migrations: migrations.sort((one, other) => one.from - other.from) };
  }

  /** A value of version `from` as one of version `to`. */
  take(core: MigratingDb, record: string, value: unknown, from: number, to: number): unknown {
    const isUp = to > from;
    let current = value;
    for (let at = from; at !== to; at += isUp ? 1 : -1) {
      const older = isUp ? at : at - 1;
      const steps = this.#functions.get(older);
      current = steps
        ? this.#call(record, steps, current, older, isUp)
        : this.#steps(core, current, older, isUp);
      if (this.says(core)) (current as Fields)[VERSION_FIELD] = isUp ? at + 1 : at - 1;
    }
    return current;
  }

  /** The steps of the file between a version and the next. */
  #steps(core: MigratingDb, value: unknown, older: number, isUp: boolean): unknown {
    const migrations = this.#data.filter(({ from }) => from === older);
    const file = { name: this.name, version: older + 1, fields: [], migrations };
    const engine = core.open() as ContractEngine;
    return JSON.parse(calling(() => engine.takeSteps(plainArgument(file), value, !isUp)));
  }

  #call(
    record: string,
    { up, down }: MigrationFunctions,
    value: unknown,
    older: number,
    isUp: boolean,
  ): unknown {
    let given: unknown;
    try {
      const copy = structuredClone(value) as Fields;
      given = isUp ? up(copy) : down(copy);
    } catch (cause) {
      throw this.failed(record, `'${wordsOf(cause)}'`, older, cause);
    }
    if (!isObject(given) || isPromise(given)) throw this.failed(record, 'no object', older);
    const copy = plain(given);
    const stray = strayPart(copy, '');
    if (stray === null) return copy;
    throw this.failed(record, `${stray.got} at '${stray.path}'`, older);
  }

  /** Whether values say their version. */
  says(core: MigratingDb): boolean {
    const fields = core.schema(this.name)?.description.fields;
    return (
      fields?.some(({ name, kind }) => name === VERSION_FIELD && /^[iu]\d/.test(`${kind}`)) ?? false
    );
  }

  failed(record: string, got: string, from: number, cause?: unknown): ContractViolation {
    const expected = `a value that becomes one of version ${this.version}`;
    const told = `${got}, at the step from version ${from}`;
    return new ContractViolation({
      code: 'CONTRACT_VIOLATION',
      message: `record '${record}': ${this.name}: expected ${expected}, got ${told}`,
      record,
      schema: this.name,
      path: cause instanceof AimDbError ? (cause.path ?? '') : '',
      expected,
      got: told,
      reason: 'migration_failed',
      cause,
    });
  }
}

/** The gate of a record whose contract has such steps. */
export class MigrationGate implements Gate {
  readonly #core: MigratingDb;
  readonly #record: string;
  readonly #id: number;
  readonly #migrations: Migrations;

  constructor(core: MigratingDb, record: string, id: number, migrations: Migrations) {
    this.#core = core;
    this.#record = record;
    this.#id = id;
    this.#migrations = migrations;
  }

  admit(value: unknown, announced: number): Admitted {
    const migrations = this.#migrations;
    try {
      const copy = plain(value, this.#core.schema(migrations.name)?.places);
      const says = isObject(copy) && migrations.says(this.#core);
      const written = says ? copy[VERSION_FIELD] : undefined;
      const said = typeof written === 'bigint' ? Number(written) : written;
      const version = said ?? (announced || migrations.version);
      // A newer version, or what is none, is for the engine to refuse.
      if (!isWhole(version, 1, migrations.version - 1)) return { value: copy };
      if ((version as number) < migrations.oldest) return this.#tooOld(version as number);
      return this.#current(copy, version as number);
    } catch (error) {
      if (error instanceof AimDbError) return error;
      throw error;
    }
  }

  /** A value of an older version as one of this, checked. */
  #current(value: unknown, version: number): Admitted {
    const [core, migrations] = [this.#core, this.#migrations];
    const current = migrations.take(core, this.#record, value, version, migrations.version);
    const engine = core.open();
    // Who writes finds out by itself that a function has removed the record.
    if (core.views[this.#id]?.gate !== this || engine.normal(this.#id, current) !== undefined) {
      return { value: current };
    }
    const cause = core.refusal(engine);
    return migrations.failed(this.#record, `'${cause.message}'`, version, cause);
  }

  #tooOld(version: number): ContractViolation {
    const { name, oldest, version: newest } = this.#migrations;
    const [expected, got] = [`version ${oldest} to ${newest}`, `version ${version}`];
    return new ContractViolation({
      code: 'CONTRACT_VIOLATION',
      message: `record '${this.#record}': ${name}: ${VERSION_FIELD}: expected ${expected}, got ${got}`,
      record: this.#record,
      schema: name,
      path: VERSION_FIELD,
      expected,
      got,
      reason: 'version_too_old',
    });
  }

  outgoing(value: unknown): string | AimDbError | undefined {
    const [core, migrations] = [this.#core, this.#migrations];
    const engine = core.open();
    const theirs = engine.older(this.#id);
    if (theirs === 0) return undefined;
    const text = engine.normal(this.#id, value);
    if (text === undefined) return core.refusal(engine);
    if (theirs < migrations.oldest) return this.#tooOld(theirs);
    try {
      const kept: unknown = JSON.parse(text);
      return JSON.stringify(migrations.take(core, this.#record, kept, migrations.version, theirs));
    } catch (error) {
      if (error instanceof AimDbError) return error;
      throw error;
    }
  }
}
