/**
 * The codes of all errors: those that Rust raises, and those that only this package can.
 *
 * `code` says what failed, in words that never change. The finer why is an error's `reason`, in lower case.
 */
import type { RustErrorCode } from './rust-codes.js';

/** What only TypeScript raises; `check codes` holds that each is raised somewhere, and none is one of Rust's. */
export type OwnErrorCode =
  /** The engine is not loaded: `await init()` first. */
  | 'NOT_INITIALISED'
  /** The engine could not be loaded: the cause says why. */
  | 'INIT_FAILED'
  /** Another engine is loaded already: `init({ glue })` goes before every other `init`. */
  | 'ENGINE_LOADED'
  /** The engine failed in the middle of a call, which is a bug in it: the cause says where. */
  | 'ENGINE_FAILED'
  /** The database was freed: make a new one. */
  | 'FREED'
  /** A hook of React has no provider above it: render it below an `<AimDbProvider>`. */
  | 'NO_PROVIDER'
  /** The provider is still making its database: write when `useAimDb()` gives it, or give the provider a `fallback`. */
  | 'NOT_READY'
  /** There is no record of this key: configure it first. */
  | 'UNKNOWN_RECORD'
  /** A callback is none: pass a function. */
  | 'CALLBACK_INVALID'
  /** A callback of the application threw; the others went on. */
  | 'CALLBACK_THREW'
  /** A value nests deeper than any may: say it flatter. */
  | 'TOO_DEEP'
  /** A value has more parts than any may: split it. */
  | 'TOO_LARGE'
  /** A value has an object in it that is no data, such as a `Map`: write its content. */
  | 'NOT_DATA'
  /** A record's schema answered with a promise: take one that answers at once. */
  | 'SCHEMA_ASYNC'
  /** A record's schema threw: the cause says why. */
  | 'SCHEMA_THREW'
  /** A derivation, a join or a tap missed values: it is too slow for its input. */
  | 'LAGGED'
  /** A source produced after its end: stop at its signal. */
  | 'SOURCE_ENDED'
  /** No server is connected: `connectBridge` first. */
  | 'NO_BRIDGE'
  /** This platform has no WebSocket: pass one in the options of the bridge. */
  | 'NO_WEBSOCKET'
  /** A topic or a contract of the server cannot be adopted; the others are. */
  | 'ADOPT_FAILED'
  /** The state of a store holds as many objects as may be. */
  | 'TOO_MANY_OBJECTS'
  /** The state before a batch was asked for after the next one: ask in time. */
  | 'REPORT_STALE'
  /** The engine of a store refused for a reason that this package does not know: the two are not of one build. */
  | 'UNKNOWN'
  /** Reading a value that is being written, such as a getter, wrote to the store itself. */
  | 'RE_ENTERED'
  /** A listener threw; the others went on. */
  | 'LISTENER_THREW'
  /** A validator threw: the cause says why. */
  | 'VALIDATOR_THREW'
  /** The record that a store is bound to threw when it was written: the cause says why. */
  | 'RECORD_THREW'
  /** A validator has no Standard Schema: pass one. */
  | 'SCHEMA_INVALID'
  /** A store is bound to something else than the proxy of an object. */
  | 'PROXY_INVALID'
  /** The ids are none of this gateway: ask it for `paths`. */
  | 'PATH_IDS_UNKNOWN'
  /** A gateway was given another number of values than of paths. */
  | 'LENGTH_MISMATCH'
  /** The gateway was disposed of: create a new one. */
  | 'GATEWAY_DISPOSED'
  /** The store was disposed of: create a new one. */
  | 'STORE_DISPOSED'
  /** A write was refused by its server: the reason says why. */
  | 'WRITE_REFUSED'
  /** A write never reached its server: the reason says why. */
  | 'WRITE_DROPPED'
  /** A write was sent, and nobody knows whether its server took it. */
  | 'WRITE_UNKNOWN'
  /** There is no dead letter of this number: ask for the list. */
  | 'LETTER_UNKNOWN'
  /** The device has no room for it, or a limit is reached: the reason says which. */
  | 'STORAGE_FULL'
  /** An entry of the storage is larger than any may be: split it. */
  | 'STORAGE_TOO_LARGE'
  /** The storage failed, also over new connections: the cause says how. */
  | 'STORAGE_FAILED'
  /** This platform keeps nothing, such as a page without an origin or Node: the storage is in memory. */
  | 'STORAGE_UNAVAILABLE'
  /** The storage was written by a newer application: load that. */
  | 'STORAGE_TOO_NEW'
  /** The storage was closed: open it again. */
  | 'STORAGE_CLOSED'
  /** The site's data was deleted under the page: what waits is still sent, nothing new is kept until the page is loaded anew. */
  | 'STORAGE_DELETED'
  /** Another tab sends the writes of this device now: what is written here goes nowhere; use that tab, or load this one anew. */
  | 'STORAGE_TAKEN_OVER';

/** Any code that an error of this package has. */
export type AimDbErrorCode = RustErrorCode | OwnErrorCode;
