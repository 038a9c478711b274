/** Reads what an application says of its storage, its writes and its keys; what cannot be used is named. */
import { AimDbError, badOption } from '../errors.js';
import { isText, isWhole, needOptions, shown } from '../options.js';
import {
  CACHE_BYTES_DEFAULT,
  CACHE_BYTES_MAX,
  CACHE_BYTES_MIN,
  CLIENT_BYTES_MAX,
  KEY_LENGTH_MAX,
  NAME_LENGTH_MAX,
  OUTBOX_BYTES_MAX,
  OUTBOX_ENTRIES_MAX,
} from './limits.js';
import type { StorageOptions } from './types.js';

const NAMES = [
  'name',
  'user',
  'cacheBytesMax',
  'outboxEntriesMax',
  'outboxBytesMax',
  'onNotice',
] as const;
/** The smallest outbox in bytes: some entry fits. */
const OUTBOX_BYTES_MIN = 1024;

export interface Plan {
  /** The database's name. */
  readonly database: string;
  /** Empty where the application names no user. */
  readonly user: string;
  readonly cacheBytesMax: number;
  readonly outboxEntriesMax: number;
  readonly outboxBytesMax: number;
  readonly onNotice: StorageOptions['onNotice'];
}

export function planOf(options: StorageOptions = {}): Plan {
  needOptions(options, NAMES, 'openStorage');
  const { name = 'default', user, onNotice } = options;
  needName('name', name);
  if (user !== undefined) needName('user', user);
  if (onNotice !== undefined && typeof onNotice !== 'function') {
    throw badOption('openStorage: onNotice must be a function');
  }
  const whole = (
    option: 'cacheBytesMax' | 'outboxEntriesMax' | 'outboxBytesMax',
    limits: Limits,
  ) => {
    const { min, max, preset } = limits;
    const given = options[option] ?? preset;
    if (isWhole(given, min, max)) return given;
    throw badOption(
      `openStorage: ${option} must be an integer from ${min} to ${max}, got ${shown(given)}`,
    );
  };
  return {
    database: `aimdb:${name}`,
    user: user ?? '',
    cacheBytesMax: whole('cacheBytesMax', {
      min: CACHE_BYTES_MIN,
      max: CACHE_BYTES_MAX,
      preset: CACHE_BYTES_DEFAULT,
    }),
    outboxEntriesMax: whole('outboxEntriesMax', {
      min: 1,
      max: OUTBOX_ENTRIES_MAX,
      preset: OUTBOX_ENTRIES_MAX,
    }),
    outboxBytesMax: whole('outboxBytesMax', {
      min: OUTBOX_BYTES_MIN,
      max: OUTBOX_BYTES_MAX,
      preset: OUTBOX_BYTES_MAX,
    }),
    onNotice,
  };
}

interface Limits {
  readonly min: number;
  readonly max: number;
  readonly preset: number;
}

function needName(option: string, given: unknown): void {
  if (isText(given) && given.length > 0 && given.length <= NAME_LENGTH_MAX) return;
  throw badOption(`openStorage: ${option} must be a text of 1 to ${NAME_LENGTH_MAX} characters`);
}

/** A write is named by its client and its number. */
export function needWrite(client: unknown, id: unknown): void {
  const isNamed = typeof client === 'string' && /^[!-~]+$/.test(client);
  if (!isNamed || client.length > CLIENT_BYTES_MAX) {
    const words = `a client is a text of 1 to ${CLIENT_BYTES_MAX} visible ASCII characters`;
    throw new AimDbError('CLIENT_NAME_INVALID', words);
  }
  if (isWhole(id, 0, Number.MAX_SAFE_INTEGER)) return;
  throw badOption(`the id of a write is an integer from 0 to 2^53 - 1, got ${shown(id)}`);
}

export function needKey(key: unknown): void {
  if (isText(key) && key.length > 0 && key.length <= KEY_LENGTH_MAX) return;
  const words = `a key of the cache is a text of 1 to ${KEY_LENGTH_MAX} whole characters`;
  throw new AimDbError('KEY_INVALID', words);
}
