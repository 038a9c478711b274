/** The types of the surface, and the interfaces that an application adds to. */
import type { Frozen, InputOf } from './contract/definition.js';
import type { DefinedInput, DefinedValue } from './contract/records.js';
import type { ContractViolation } from './errors.js';
import type { SettledWrite, StoredLetter, WriteReceipt } from './writes.js';

// A whole module, so that an application can add to its interfaces.
export * from './contract/definition.js';
export type * from './writes.js';

/**
 * The application's records by key, so that keys and values are typed:
 * `declare module '@aimdb/wasm' { interface AimDbRecords { 'room.vienna': Temperature } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: an application adds to it
export interface AimDbRecords {}

/** Records that nobody defined with `defineRecords`: what `AimDbRecords` declares, and any others. */
// biome-ignore lint/suspicious/noExplicitAny: any database is one of these, and one of these is any
export type AnyRecords = any;

/** Whether records are not defined. */
type IsAny<RECORDS> = 0 extends RECORDS & 1 ? true : false;

/** What a database has after more records were configured. */
export type MoreRecords<RECORDS, MORE> = IsAny<RECORDS> extends true ? MORE : RECORDS & MORE;

/**
 * A record's key. Of defined records: one of them. Without: the declared ones are offered, any other is allowed, since a
 * server's topics become records too.
 */
export type RecordKey<RECORDS = AnyRecords> =
  IsAny<RECORDS> extends true
    ? keyof AimDbRecords extends never
      ? string
      : (keyof AimDbRecords & string) | (string & {})
    : keyof RECORDS & string;

/** What a record gives. */
export type RecordValue<K, RECORDS = AnyRecords> =
  IsAny<RECORDS> extends true
    ? K extends keyof AimDbRecords
      ? Frozen<AimDbRecords[K]>
      : unknown
    : DefinedValue<RECORDS, K>;

/** What a record takes: its value, where fields with a default may be left out. */
export type RecordInput<K, RECORDS = AnyRecords> =
  IsAny<RECORDS> extends true
    ? K extends keyof AimDbRecords
      ? InputOf<AimDbRecords[K]>
      : unknown
    : DefinedInput<RECORDS, K>;

/** A value of some version of a contract: a copy, which may be changed. */
export interface MigratedValue {
  // biome-ignore lint/suspicious/noExplicitAny: the version before has no type here
  [field: string]: any;
}

/** The steps between a version of a contract and the next. They answer at once, and throw at what does not become one. */
export interface MigrationFunctions {
  /** From the older version to the newer. */
  up(value: MigratedValue): object;
  /** From the newer version to the older. */
  down(value: MigratedValue): object;
}

export interface ContractOptions {
  /** Steps from older versions that are code, by the older version: beside those of the file, or instead. */
  readonly migrate?: { readonly [version: number]: MigrationFunctions } | undefined;
}

/** Who wrote a value: this tab, the server, a rule, or a roll back to what was there before. */
export type Origin = 'local' | 'remote' | 'rule' | 'restored';

/** What is known of a value besides itself. */
export interface ValueMeta {
  /** How many values had been written to the record, this one included. */
  readonly version: number;
  readonly origin: Origin;
}

export type ValueCallback<V> = (value: V, meta: ValueMeta) => void;

export interface SubscribeOptions {
  /** Called with the number of values that were missed, before the next value. */
  readonly onLag?: ((missed: number) => void) | undefined;
  /** Called when the record has no value any more: the only one was taken back, or the record was removed. */
  readonly onNone?: (() => void) | undefined;
}

export interface RemoveOptions {
  /** Whether the records that are derived from it, directly or not, are removed too. */
  readonly dependents?: boolean | undefined;
}

/** Ends a subscription. Calling it again, or after `free()`, does nothing. */
export type Unsubscribe = () => void;

/**
 * One record, looked up once. The same object as long as the record lives; once it is removed, all but `key` and
 * `isRemoved` throw `RECORD_REMOVED`, also when another record has the key.
 */
export interface RecordHandle<V, I = V> {
  readonly key: string;
  readonly isRemoved: boolean;
  /** How many values were ever written. */
  readonly version: number;
  /**
   * A number that every change of the record's state moves, each time to a larger one: a value from here or from a server, one that
   * goes back since the server refused it, the loss of the only value, and the removal. Unlike all else it can be read afterwards.
   */
  readonly revision: number;
  /** The newest value, or null while there is none. */
  get(): V | null;
  /** Writes a value, or throws a `ContractViolation`; the receipt tells what becomes of it. */
  set(value: I): WriteReceipt;
  /** Writes a value, or gives the `ContractViolation`. */
  trySet(value: I): ContractViolation | null;
  /** The newest values of a ring, oldest first; at most one of any other record. */
  history(length?: number): readonly V[];
  /** Called in a microtask: with the current value, if the record keeps one, then with each new one. */
  subscribe(callback: ValueCallback<V>, options?: SubscribeOptions): Unsubscribe;
  /**
   * Called in a microtask, once per turn in which the record changed: also when a rolled back first
   * write leaves it without a value, and for the last time when it was removed.
   */
  onChange(callback: () => void): Unsubscribe;
}

/** What a source starts: async, or with the way to end it as its result. */
export type SourceStart<I> = (
  /** Writes a value, or throws like `set`; once the source has ended, `SOURCE_ENDED`. */
  produce: (value: I) => void,
  /** Aborted when the source ends. */
  signal: AbortSignal,
) => unknown;

/** What a derivation gives: a value, nothing, or a promise of either. */
export type Derived<I> = I | undefined | PromiseLike<I | undefined>;

export interface FlowOptions {
  /**
   * Called with the number of an input's values that were missed, and the input's key, before its next value. Without it
   * they are reported as `LAGGED`.
   */
  readonly onLag?: ((missed: number, input: string) => void) | undefined;
}

/** The keys of records that are joined: in a list or under names. */
export type JoinInputs<RECORDS = AnyRecords> =
  | readonly RecordKey<RECORDS>[]
  | { readonly [name: string]: RecordKey<RECORDS> };

/** The newest values of the records that are joined; of one that has none, undefined. */
export type JoinValues<INPUTS, RECORDS = AnyRecords> = {
  readonly [NAME in keyof INPUTS]: RecordValue<INPUTS[NAME], RECORDS> | undefined;
};

/** Which input changed: its place in the list, or its name. */
export type JoinChange<INPUTS> = INPUTS extends readonly unknown[] ? number : keyof INPUTS & string;

/** A record as others are derived from it. */
export interface GraphNode {
  readonly key: string;
  /** The name of its contract. */
  readonly schemaType: string;
  /** The keys of the records that it is derived from. */
  readonly inputs: readonly string[];
  /** What writes it from within: `source`, `transform` or `join`; one at most. */
  readonly writers: readonly string[];
  /** How many taps look at it. */
  readonly taps: number;
}

/** What a record is and what it has seen so far, for tools. */
export interface RecordInspection {
  readonly key: string;
  /** The name of its contract. */
  readonly schemaType: string;
  /** How many values were ever written. */
  readonly version: number;
  /** How many values it took. */
  readonly written: number;
  /** How many values its contract refused. */
  readonly refused: number;
  /** How many values readers took. */
  readonly read: number;
  /** How many values readers missed. */
  readonly missed: number;
  /** Whether a bridge mirrors it. */
  readonly mirrored: boolean;
}

/** The handle of a record by its key. */
export type HandleOf<K, RECORDS = AnyRecords> = RecordHandle<
  RecordValue<K, RECORDS>,
  RecordInput<K, RECORDS>
>;

/** What a field holds: a scalar's name, or an object of one kind. */
export type FieldKind = string | { readonly [kind: string]: unknown };

export interface FieldDescription {
  readonly name: string;
  readonly kind: FieldKind;
  readonly optional?: boolean;
  readonly default?: unknown;
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  readonly doc?: string;
  readonly icon?: string;
}

/** A contract as its file describes it, for forms, charts and tools. */
export interface SchemaDescription {
  readonly name: string;
  readonly version: number;
  readonly doc?: string;
  readonly icon?: string;
  /** The field that stands for the whole. */
  readonly signal?: string;
  /** What becomes of fields that are not listed: left out by default. With `keep` there are no fields, and all are kept. */
  readonly unknownFields?: 'ignore' | 'refuse' | 'keep';
  readonly fields: readonly FieldDescription[];
  /** The contracts that nest in it. */
  readonly contracts?: readonly SchemaDescription[];
}

/** `needs-auth`: the server wants a token, or another one than it was shown; what waits is kept, and goes on when one comes. */
export type BridgeStatus =
  | 'connecting'
  | 'connected'
  | 'disconnected'
  | 'reconnecting'
  | 'needs-auth';

/** What a bridge needs of a socket; the browser's `WebSocket` is one. */
export type WebSocketConstructor = new (url: string) => WebSocket;

/** How a bridge behaves. A bad option is refused with its name. */
export interface BridgeOptions {
  /** Patterns to follow from the start, e.g. `sensors/#`. */
  readonly subscribeTopics?: readonly string[] | undefined;
  /** Whether current values come at once after subscribing. By default they do. */
  readonly lateJoin?: boolean | undefined;
  /** Whether it connects again by itself. By default it does. */
  readonly autoReconnect?: boolean | undefined;
  /** A connection must open within this time: 10 000 by default. */
  readonly connectTimeoutMs?: number | undefined;
  /** The shortest wait before a retry: 500 by default. */
  readonly backoffMinMs?: number | undefined;
  /** The longest wait before a retry: 8 000 by default. */
  readonly backoffMaxMs?: number | undefined;
  /** How many retries may fail in a row; without it, any number. */
  readonly maxRetries?: number | undefined;
  /** A silent server is asked whether it lives after this time: 15 000 by default. */
  readonly keepaliveMs?: number | undefined;
  /** It must answer within this time: 10 000 by default. */
  readonly pongTimeoutMs?: number | undefined;
  /** `query` and `listTopics` are answered within this time or fail: 10 000 by default. */
  readonly queryTimeoutMs?: number | undefined;
  /** A write is answered within this time after it was sent, or ends as `unknown`: 30 000 by default. */
  readonly writeTimeoutMs?: number | undefined;
  /** So many writes may wait to be sent or answered: 1 024 by default, and 10 000 with a `storage`. */
  readonly maxOfflineQueue?: number | undefined;
  /** Topics of records by key, for this bridge only. */
  readonly topics?: Readonly<Record<string, string>> | undefined;
  /**
   * Patterns of topics of which records are made, with the server's contracts: of those that are there, and of those
   * that come later; they go with their topics. A key has `.` for `/`.
   */
  readonly adopt?: string | readonly string[] | undefined;
  /**
   * Where writes outlive the tab: `await storage.forWrites()` of `@aimdb/wasm/storage`. A write is then sent only when the
   * device has it, and what waits goes on after a reload. Configure the records before, so that they show it.
   */
  readonly storage?: WriteStorage | undefined;
  /**
   * What proves to the server who this is, or what gets that: asked before a connection, and again before a token expires, which
   * is then renewed in the open socket. A promise that rejects is asked for again after a pause.
   */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  /** The socket's class where the platform brings none, as in Node 20: `ws` works. */
  readonly WebSocket?: WebSocketConstructor | undefined;
}

/**
 * How fresh what a record shows is. `local`: no server decides over it. `fresh`: its server has confirmed it over this
 * connection. `stale`: connected, and not confirmed yet. `gap`: fresh, and so many values were missed over this connection.
 * `restored`: from the device, and not confirmed yet. `offlineSince`: not connected since then, in Unix milliseconds.
 */
export type Freshness =
  | 'local'
  | 'fresh'
  | 'stale'
  | 'restored'
  | { readonly gap: number }
  | { readonly offlineSince: number };

/** A write as a device keeps it: all that a later run needs to go on with it. */
export interface StoredWrite {
  /** Its number under the device's name; 0 where that is to give it one. */
  readonly write: number;
  readonly topic: string;
  /** The value as JSON text. */
  readonly payload: string;
  /** What becomes of it while it cannot be sent, as the engine numbers that. */
  readonly offline: number;
  /** Whether a byte of it may have left. */
  readonly handedOver: boolean;
  /** When it is worthless, in Unix milliseconds. */
  readonly expiresAt?: number;
  /** The same by the server's clock, where that is known. */
  readonly until?: number;
  /** It is taken only over the value of this number within its topic, of the server instance that is named; 0: over none. */
  readonly base?: number;
  readonly server?: string;
  /** It is taken only over the write of the same device that has this number. */
  readonly onto?: number;
  /** It is taken only if the time in this field is later than that of the value that is there. */
  readonly newer?: string;
  /** The record that it came from. */
  readonly key?: string;
  /** The version of that record's contract. */
  readonly version?: number;
}

/** One change of what a device keeps; each may be made again without harm. */
export type StorageChange =
  | { readonly put: StoredWrite }
  /** It has ended, in this way; with a letter, it is kept as one that came to nothing. */
  | {
      readonly remove: number;
      readonly settled: SettledWrite;
      readonly letter?: StoredLetter;
    }
  /** Nobody wants the letter any more. */
  | { readonly forget: number };

/** Keeps the writes of one bridge. */
export interface WriteStorage {
  /** The device's name towards servers. */
  readonly client: string;
  /** Counts the tabs that wrote under it, one after the other. */
  readonly epoch: number;
  /** The number of the next write: above all that there ever were. */
  readonly nextWrite: number;
  /** What an earlier run has left, in order. */
  readonly writes: readonly StoredWrite[];
  /** What came to nothing in earlier runs, the oldest first; none where it keeps no letters. */
  readonly letters?: readonly StoredLetter[];
  /** Whether what it has outlives the tab: it does unless this is `false`. */
  readonly isDurable?: boolean;
  /** Keeps what the bridge's records show; without one they are empty until the server has answered. */
  readonly values?: ValueCache;
  /**
   * Makes all these changes, in their order, or none; resolves when they outlive a crash. Where the device is shared it gives the
   * numbers of the writes that had none.
   */
  keep(changes: readonly StorageChange[]): Promise<void> | Promise<readonly number[]>;
  /** Where several tabs write to the device: it gives writes their numbers (`write` of what is put is 0), and one tab sends. */
  readonly shared?: SharedDevice;
}

/** A device that several tabs write to. */
export interface SharedDevice {
  /** A tab takes part, once. */
  join(tab: SharingTab): void;
  /** Its server has heard of a sender that came later. */
  overtaken(): void;
  /** It leaves: another may send. */
  leave(): void;
}

/** A tab, as a device that is shared sees it. */
export interface SharingTab {
  /** Whether its server is there. */
  isConnected(): boolean;
  /** Whether a write waits. */
  waits(): boolean;
  /** The writes that it knows to wait, of those that have a number. */
  waiting(): readonly NumberedWrite[];
  /** This tab sends from now on, under this epoch; or, with 0, another does. */
  lead(epoch: number): void;
  /** What others did. */
  hear(news: DeviceNews): void;
}

/** A write of a shared device that waits, and has a number. */
export interface NumberedWrite {
  readonly number: number;
  /** As in `StoredWrite`. */
  readonly offline: number;
}

/** What a tab may not know of its device. */
export interface DeviceNews {
  /** Writes that wait, in order. */
  readonly writes?: readonly StoredWrite[];
  /** Writes that have ended. */
  readonly ended?: readonly EndedElsewhere[];
  /** All letters, where they changed. */
  readonly letters?: readonly StoredLetter[];
}

/** A write that whoever sends has heard of. */
export interface EndedElsewhere {
  readonly number: number;
  readonly settled: Partial<SettledWrite> & Pick<SettledWrite, 'outcome'>;
}

/** What a device has of a record, as its server has confirmed it. */
export interface KeptValue {
  /** The record's key. */
  readonly key: string;
  /** Its value; of a ring the newest ones, the oldest first. */
  readonly values: readonly unknown[];
  /** The version of its contract. */
  readonly version?: number;
  /** The instance of the server that gave it, and the number of the newest value there. */
  readonly server?: string;
  readonly seq?: number;
}

/** A mirrored record, as a cache looks at it. */
export interface CachedRecord {
  readonly key: string;
  /** Another number after every change. */
  readonly revision: number;
  /** What is to be kept of it; null while it holds what no server has confirmed. */
  read(): KeptValue | null;
}

/** Keeps what records show. */
export interface ValueCache {
  /** The instance of the server that was heard last. */
  readonly server: string | undefined;
  /** What it has of a record from earlier runs. */
  get(key: string): KeptValue | undefined;
  /** Looks at these records from now on, and keeps what changed, until it is told to stop. */
  watch(records: () => Iterable<CachedRecord>): () => void;
}

/** A write that its device has. */
export interface KeptWrite {
  readonly write: number;
  readonly topic: string;
}

/** A topic of a server. */
export interface TopicInfo {
  readonly name: string;
  readonly schemaType?: string;
  /** The same, under the name that the published client really gives. */
  readonly schema_type?: string;
  readonly entity?: string;
  /** The version of its contract. */
  readonly version?: number;
  /** What contracts share that take and write the same values. */
  readonly fingerprint?: string;
  /** How its values move: the name of a buffer. */
  readonly buffer?: string;
}

export interface QueryOptions {
  /** Unix milliseconds. */
  readonly from?: number | undefined;
  /** Unix milliseconds. */
  readonly to?: number | undefined;
  /** Records per topic. */
  readonly limit?: number | undefined;
}

export interface QueryResult {
  /** Ascending by time. */
  readonly records: readonly {
    readonly topic: string;
    readonly payload: unknown;
    readonly ts: number;
  }[];
  /** How many there were before the limit. */
  readonly total: number;
}
