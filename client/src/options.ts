/** Reads what an application says of records and bridges; what cannot be used is named. */
import type { StandardSchemaV1 } from './contract/standard.js';
import { AimDbError, badOption, wordsOf } from './errors.js';
import { tokenFlaw } from './bridge/token.js';
import { isStandardSchema } from './contract/gate.js';
import {
  OFFLINE_BY_BUFFER,
  OFFLINE_LATEST,
  OFFLINE_QUEUE,
  OFFLINE_REJECT,
  TRUTH_BY_TOPIC,
  TRUTH_LOCAL,
  TRUTH_MIRROR,
} from './numbers.js';
import type {
  BridgeOptions,
  ConflictPolicy,
  OfflinePolicy,
  RecordDefinition,
  Truth,
  WebSocketConstructor,
  WriteStorage,
} from './types.js';

/** Most values a ring may keep. */
export const CAPACITY_MAX = 1 << 20;
/** The longest time that a write may be worth something: one day. */
const EXPIRE_MS_MAX = 24 * 60 * 60 * 1000;

export type Buffer = 'SingleLatest' | 'Mailbox' | 'SpmcRing';

/** Record options, as the engine wants them. */
export interface RecordPlan {
  readonly schema: string;
  readonly buffer: Buffer;
  /** How many values the record keeps. */
  readonly capacity: number;
  readonly topic: string | undefined;
  /** The policy's number; see `offlineNumber`. */
  readonly offline: number;
  readonly refuseUnknown: boolean;
  /** The number of the truth that it follows; see `truthNumber`. */
  readonly truth: number;
  /** The field that has the time of `ifNewer`, empty for `ifUnchanged`; none where the last write stays. */
  readonly conflict: string | undefined;
  /** The schema that stands before the contract `json`. */
  readonly standard: StandardSchemaV1 | undefined;
}

const RECORD_OPTIONS = [
  'schemaType',
  'contract',
  'schema',
  'buffer',
  'topic',
  'unknownFields',
  'offline',
  'truth',
  'conflict',
];
/** The contract of a record with a schema. */
const JSON_SCHEMA = 'json';

export function recordPlan(key: string, options: RecordDefinition): RecordPlan {
  const bad = (message: string) => badOption(`record '${key}': ${message}`, key);
  if (!isText(key)) throw new AimDbError('KEY_INVALID', 'a key is a text of whole characters');
  if (!isObject(options)) throw bad('options must be an object with schemaType and buffer');
  needKnown(options, RECORD_OPTIONS, bad);
  const { contract, schema: standard, topic, unknownFields } = options;
  if (contract !== undefined && options.schemaType !== undefined) {
    throw bad('contract and schemaType exclude each other');
  }
  if (standard !== undefined) {
    for (const other of ['contract', 'schemaType', 'unknownFields'] as const) {
      if (options[other] !== undefined) throw bad(`schema and ${other} exclude each other`);
    }
    if (!isStandardSchema(standard))
      throw bad('schema must have the interface of Standard Schema, version 1');
  }
  const named = standard === undefined ? options.schemaType : JSON_SCHEMA;
  const schema = isObject(contract) ? contract.name : named;
  if (typeof schema !== 'string') {
    throw bad(
      'schemaType must be the name of a contract, or contract a contract file, or schema a Standard Schema',
    );
  }
  if (topic !== undefined && !isText(topic)) throw bad('topic must be a text');
  if (unknownFields !== undefined && !['ignore', 'refuse'].includes(unknownFields)) {
    throw bad(`unknownFields must be 'ignore' or 'refuse', got ${shown(unknownFields)}`);
  }
  const { buffer, capacity } = bufferOf(key, options.buffer);
  return {
    schema,
    buffer,
    capacity,
    topic,
    offline: offlineNumber(options.offline, (message) => bad(message)),
    refuseUnknown: unknownFields === 'refuse',
    truth: truthNumber(options.truth, bad),
    conflict: conflictField(options.conflict, bad),
    standard,
  };
}

/** Options of a call: an object, or nothing, without a name that is not known. */
export function needOptions(options: unknown, names: readonly string[], about: string): void {
  if (options === undefined) return;
  const bad = (message: string) => badOption(`${about}: ${message}`);
  if (!isObject(options)) throw bad('options must be an object');
  needKnown(options, names, bad);
}

function needKnown(
  options: object,
  names: readonly string[],
  bad: (message: string) => AimDbError,
): void {
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw bad(`there is no option '${name}'; there are ${names.join(', ')}`);
    }
  }
}

function bufferOf(key: string, given: unknown): { buffer: Buffer; capacity: number } {
  const bad = (message: string) => badOption(`record '${key}': ${message}`, key);
  const { type, capacity, ...others } = isObject(given) ? given : { type: given };
  if (type === 'SpmcRing') {
    if (!isWhole(capacity, 1, CAPACITY_MAX)) {
      const message = `record '${key}': a ring's capacity must be an integer from 1 to ${CAPACITY_MAX}, got ${shown(capacity)}`;
      throw new AimDbError('CAPACITY_INVALID', message, { record: key });
    }
  } else if (type !== 'SingleLatest' && type !== 'Mailbox') {
    throw bad(
      `buffer must be 'SingleLatest', 'Mailbox' or { type: 'SpmcRing', capacity }, got ${shown(given)}`,
    );
  } else if (capacity !== undefined) {
    throw bad(`a ${type} keeps one value: only an SpmcRing has a capacity`);
  }
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw bad(`a buffer has no option '${unknown}'`);
  return { buffer: type, capacity: type === 'SpmcRing' ? (capacity as number) : 1 };
}

/** The engine's number of a policy, or the milliseconds of `expireMs`. */
export function offlineNumber(
  policy: OfflinePolicy | undefined,
  bad: (message: string) => AimDbError = badOption,
): number {
  if (policy === undefined) return OFFLINE_BY_BUFFER;
  if (policy === 'queue') return OFFLINE_QUEUE;
  if (policy === 'latest') return OFFLINE_LATEST;
  if (policy === 'reject') return OFFLINE_REJECT;
  if (isObject(policy) && Object.keys(policy).join() === 'expireMs') {
    if (isWhole(policy.expireMs, 0, EXPIRE_MS_MAX)) return policy.expireMs as number;
    const limits = `an integer from 0 to ${EXPIRE_MS_MAX}`;
    throw bad(`offline.expireMs must be ${limits}, got ${shown(policy.expireMs)}`);
  }
  throw bad(`offline must be 'queue', 'latest', 'reject' or { expireMs }, got ${shown(policy)}`);
}

/** The engine's number of a truth. */
function truthNumber(truth: Truth | undefined, bad: (message: string) => AimDbError): number {
  if (truth === undefined) return TRUTH_BY_TOPIC;
  if (truth === 'local') return TRUTH_LOCAL;
  if (truth === 'mirror') return TRUTH_MIRROR;
  throw bad(`truth must be 'local' or 'mirror', got ${shown(truth)}`);
}

/** The policy as the engine has it. Whether it does anything for the record says the engine, which has its contract. */
function conflictField(
  policy: ConflictPolicy | undefined,
  bad: (message: string) => AimDbError,
): string | undefined {
  if (policy === undefined || policy === 'last') return undefined;
  if (policy === 'ifUnchanged') return '';
  if (isObject(policy) && Object.keys(policy).join() === 'ifNewer') {
    const field: unknown = policy.ifNewer;
    if (isText(field) && field !== '') return field;
    throw bad(`conflict.ifNewer must be the name of a field, got ${shown(field)}`);
  }
  throw bad(`conflict must be 'last', 'ifUnchanged' or { ifNewer }, got ${shown(policy)}`);
}

/** Bridge options, apart by who reads them. */
export interface BridgePlan {
  /** For the engine, which checks them. */
  readonly session: Record<string, unknown>;
  /** Keys, each with its topic behind it. */
  readonly topics: string[];
  readonly makeSocket: WebSocketConstructor;
  readonly adopt: unknown;
  readonly storage: WriteStorage | undefined;
  readonly token: BridgeOptions['token'];
}

/** So many writes may wait where a device keeps them, unless the application says otherwise: a working day without a network. */
const KEPT_QUEUE = 10_000;

export function bridgePlan(options: BridgeOptions = {}): BridgePlan {
  if (!isObject(options)) throw badOption('the options of a bridge must be an object');
  const {
    topics = {},
    WebSocket: given,
    adopt,
    storage,
    token,
    ...others
  } = options as BridgeOptions;
  if (!isObject(topics)) throw badOption('topics must be an object of topics by key');
  for (const [key, topic] of Object.entries(topics)) {
    if (!isText(topic)) throw badOption(`topics: the topic of '${key}' must be a text`);
  }
  if (token !== undefined) needToken(token);
  const makeSocket = given ?? globalThis.WebSocket;
  if (typeof makeSocket !== 'function') {
    throw new AimDbError(
      'NO_WEBSOCKET',
      'this platform has no WebSocket: pass one in the options of the bridge, e.g. from the package `ws`',
    );
  }
  const said = Object.entries(others).filter(([, value]) => value !== undefined);
  return {
    session: Object.fromEntries([
      ...(storage === undefined ? [] : [['maxOfflineQueue', KEPT_QUEUE] as const]),
      ...said.filter(isOption),
      ...deviceOf(storage),
      ...(token === undefined ? [] : [['hasToken', true] as const]),
    ]),
    topics: Object.entries(topics as Record<string, string>).flat(),
    makeSocket,
    adopt,
    storage,
    token,
  };
}

export function needToken(token: unknown): void {
  const flaw = tokenFlaw(token);
  if (flaw !== undefined) throw badOption(flaw);
}

/** What the engine is told of a device says its storage alone. */
function isOption([name]: [string, unknown]): boolean {
  if (name === 'hasToken')
    throw badOption(`bridge_options: there is no option '${name}': give a token`);
  if (!['client', 'epoch', 'firstWrite'].includes(name)) return true;
  throw badOption(`bridge_options: there is no option '${name}': the storage says it`);
}

function deviceOf(storage: WriteStorage | undefined): [string, unknown][] {
  if (storage === undefined) return [];
  if (!isObject(storage) || typeof storage.keep !== 'function') {
    throw badOption('storage must be what `await storage.forWrites()` gives');
  }
  const { client, epoch, nextWrite } = storage;
  const shares = storage.shared !== undefined;
  return Object.entries({ client, epoch, firstWrite: nextWrite, shares });
}

/** The address of a server's socket: absolute, or beside the page, with `http` taken for `ws`. */
export function socketUrl(given: string | URL): string {
  const bad = (cause?: unknown) =>
    new AimDbError(
      'URL_INVALID',
      `'${wordsOf(given)}' is no address of a WebSocket: it must begin with ws:// or wss://`,
      { cause },
    );
  let url: URL;
  try {
    url = new URL(given, globalThis.location?.href);
  } catch (cause) {
    throw bad(cause);
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') throw bad();
  // A socket's address has no fragment; browsers throw at one.
  url.hash = '';
  return url.href;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether it is a text that UTF-8 can hold: half a pair of surrogates would come back as another one. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && !/\p{Surrogate}/u.test(value);
}

/** Whether it is an integer within bounds. */
export function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

export function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return typeof value;
  }
}
