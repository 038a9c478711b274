/**
 * What a provider is told, and when two sets of options ask for the same.
 *
 * Guarantees: an option that does not exist is refused with its name. Options are the same if what they say is, whichever
 * objects say it; functions and schemas count as the same, since the newest one is used wherever one is called.
 */
import {
  AimDbError,
  type AnyRecords,
  type BridgeOptions,
  type RecordDefinition,
  type RecordDefinitions,
  type WriteStorage,
} from '@aimdb/wasm';

/** The server that a provider mirrors. */
export interface BridgeTarget extends Omit<BridgeOptions, 'storage'> {
  url: string;
  /**
   * What a device keeps: asked for each time that the bridge is connected, since one bridge alone takes it, e.g.
   * `async () => (await openStorage()).forWrites()`.
   */
  storage?: () => Promise<WriteStorage>;
}

/** What an `AimDbProvider` makes by itself when it is given options instead of a database. */
export interface AimDbOptions<RECORDS extends RecordDefinitions = AnyRecords> {
  /** Contract files to register before, such as one that the server reads too. */
  contracts?: readonly object[];
  /** The records to configure, by key; their contracts are registered before. */
  records: RecordDefinitions & RECORDS;
  /** The server to mirror, if there is one. */
  bridge?: BridgeTarget | undefined;
}

/** Refuses names that are not known. */
export function needKnown(given: object, names: readonly string[], about: string): void {
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) {
      throw badOption(`${about}: there is no option '${name}'; there are ${names.join(', ')}`);
    }
  }
}

/** Refuses options that say nothing, or something that does not exist; records and bridge are checked where they are made. */
export function checkOptions(options: AimDbOptions): void {
  if (!isObject(options)) throw badOption('AimDbProvider: options must be an object');
  needKnown(options, ['contracts', 'records', 'bridge'], 'AimDbProvider: options');
  const { contracts, records, bridge } = options;
  if (!isObject(records))
    throw badOption('AimDbProvider: records must be an object of records by key');
  if (contracts !== undefined && !Array.isArray(contracts)) {
    throw badOption('AimDbProvider: contracts must be a list of contract files');
  }
  if (bridge === undefined) return;
  if (!isObject(bridge)) throw badOption('AimDbProvider: bridge must be an object with a url');
  if (bridge.storage !== undefined && typeof bridge.storage !== 'function') {
    throw badOption(
      'AimDbProvider: storage must be a function that gives one: each connection needs its own',
    );
  }
}

export function badOption(message: string): AimDbError {
  return new AimDbError('OPTIONS_INVALID', message);
}

/** Whether options ask for what is there already. */
export function isSameOptions(before: AimDbOptions, now: AimDbOptions): boolean {
  if (before === now) return true;
  try {
    return (
      isSameData(before.contracts ?? [], now.contracts ?? []) &&
      isSameRecords(before.records, now.records) &&
      isSameTarget(before.bridge, now.bridge)
    );
  } catch {
    // They were not checked yet, and are not what they should be.
    return false;
  }
}

function isSameRecords(before: RecordDefinitions, now: RecordDefinitions): boolean {
  const keys = Object.keys(before);
  return (
    keys.length === Object.keys(now).length &&
    keys.every((key) => {
      const [left, right] = [before[key], Object.hasOwn(now, key) ? now[key] : undefined];
      return left !== undefined && right !== undefined && isSameRecord(left, right);
    })
  );
}

/** Whether a definition is that of the record that is there; a schema can be replaced by another. */
export function isSameRecord(before: RecordDefinition, now: RecordDefinition): boolean {
  return isSameData(withoutSchema(before), withoutSchema(now));
}

function withoutSchema(definition: RecordDefinition): object {
  return { ...definition, schema: definition?.schema !== undefined };
}

function isSameTarget(before?: BridgeTarget, now?: BridgeTarget): boolean {
  if (!before || !now) return before === now;
  return (
    isSameConnection(before, now) &&
    isSameData(before.subscribeTopics ?? [], now.subscribeTopics ?? []) &&
    isSameData(before.token, now.token)
  );
}

/** Whether a bridge can stay connected: topics and tokens may change on the way. */
export function isSameConnection(before: BridgeTarget, now: BridgeTarget): boolean {
  const [left, right] = [before, now].map(
    ({ subscribeTopics: _topics, token, storage, WebSocket: _class, url, ...others }) => ({
      ...others,
      url: String(url),
      hasToken: token !== undefined,
      hasStorage: storage !== undefined,
    }),
  );
  return before.WebSocket === now.WebSocket && isSameData(left, right);
}

/** Whether two values of plain data are the same; what is not said is the same as `undefined`. */
export function isSameData(before: unknown, now: unknown): boolean {
  if (Object.is(before, now)) return true;
  if (typeof before === 'function' && typeof now === 'function') return true;
  if (!isPlain(before) || !isPlain(now) || Array.isArray(before) !== Array.isArray(now))
    return false;
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].every((name) => isSameData(own(before, name), own(now, name)));
}

function own(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Array.isArray(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
