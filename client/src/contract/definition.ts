/** What a record is, as an application says it, and what follows from the name of a contract alone. */
import type {
  AimDbSchemas,
  Setpoint,
  SetpointInput,
  Temperature,
  TemperatureInput,
} from '../contracts.js';
import type { ContractFile } from './file.js';
import type { StandardSchemaV1 } from './standard.js';

/** What may be left out when writing: pairs of a value's type and the type of what is written. */
export interface AimDbInputs {
  setpoint: [Setpoint, SetpointInput];
  temperature: [Temperature, TemperatureInput];
}

/** A value that cannot be changed, all the way down. */
export type Frozen<V> = V extends (infer E)[]
  ? readonly Frozen<E>[]
  : V extends object
    ? { readonly [F in keyof V]: Frozen<V[F]> }
    : V;

/** What may be written where `V` is read. */
export type InputOf<V> = [InputsOf<V>] extends [never] ? Frozen<V> : Frozen<InputsOf<V>>;

type InputsOf<V> = {
  [S in keyof AimDbInputs]: [V, AimDbInputs[S][0]] extends [AimDbInputs[S][0], V]
    ? AimDbInputs[S][1]
    : never;
}[keyof AimDbInputs];

/** What a record of a known contract takes. */
export type SchemaInput<S extends keyof AimDbSchemas> = S extends keyof AimDbInputs
  ? Frozen<AimDbInputs[S][1]>
  : InputOf<AimDbSchemas[S]>;

/** The name of a contract. */
export type SchemaName = keyof AimDbSchemas | (string & {});

/** How values move from writers to readers. */
export type BufferOption =
  | 'SingleLatest'
  | 'Mailbox'
  | { readonly type: 'SingleLatest' | 'Mailbox' }
  | { readonly type: 'SpmcRing'; readonly capacity: number };

/**
 * What becomes of writes while there is no connection: all are kept in order, the newest is kept,
 * none is taken, or each is worthless after a time.
 */
export type OfflinePolicy = 'queue' | 'latest' | 'reject' | { readonly expireMs: number };

interface AnyRecordOptions {
  readonly buffer: BufferOption;
  /** The topic that it mirrors; by default the key with `/` for `.`. */
  readonly topic?: string | undefined;
  /** Whether a field that the contract does not know is left out or refused. */
  readonly unknownFields?: 'ignore' | 'refuse' | undefined;
  /** By default `queue` for a ring and `latest` for the others. */
  readonly offline?: OfflinePolicy | undefined;
  /**
   * Whose truth it follows. `local`: it never leaves the tab, and nothing comes in. `mirror`: a server decides, and writes
   * go to the first bridge even where no pattern selects the topic. By default a bridge's whose patterns select its
   * topic, or that was given one for it, else its own; a write that no bridge takes is then reported once.
   */
  readonly truth?: Truth | undefined;
  /** Which of two writes stays where neither writer knew of the other: by default the last. */
  readonly conflict?: ConflictPolicy | undefined;
}

/**
 * Which of two writes stays. `last`: the one that comes last. `ifNewer`: the one with the later time, in Unix milliseconds, in a
 * field of the contract; a time that is a minute beyond the server's clock is refused as `clock_ahead`. `ifUnchanged`: the first;
 * a write is taken only over the value that its writer saw. Who loses is told by `onWriteSettled` (`refused`, `superseded`), with
 * the value that won, and the record shows that. For records of the newest value that follow a server.
 */
export type ConflictPolicy = 'last' | 'ifUnchanged' | { readonly ifNewer: string };

/** Whose truth a record follows. */
export type Truth = 'local' | 'mirror';

/** A record of a contract that is known: built in, or registered. */
export interface RecordOptions extends AnyRecordOptions {
  /** The contract of its values. */
  readonly schemaType: SchemaName;
  readonly contract?: undefined;
  readonly schema?: undefined;
}

/** A record that brings its contract. */
export interface ContractRecordOptions extends AnyRecordOptions {
  /** The contract of its values; it is registered if it is not yet. */
  readonly contract: ContractFile;
  readonly schemaType?: undefined;
  readonly schema?: undefined;
}

/**
 * A record of any JSON objects (the contract `json`) that a schema of Zod, Valibot, ArkType or any other library of
 * Standard Schema judges: each value, of this tab and of the network alike. What the schema gives is kept; it must take
 * that again, since it comes back from the server. Slower than a contract, which the engine checks by itself.
 */
export interface SchemaRecordOptions extends Omit<AnyRecordOptions, 'unknownFields'> {
  /** Answers at once; a schema that is asynchronous is an error with the first value. */
  readonly schema: StandardSchemaV1;
  readonly schemaType?: undefined;
  readonly contract?: undefined;
  readonly unknownFields?: undefined;
}

/** What a record is. */
export type RecordDefinition = RecordOptions | ContractRecordOptions | SchemaRecordOptions;

/** Records by key. */
export interface RecordDefinitions {
  readonly [key: string]: RecordDefinition;
}
