/**
 * What a device keeps: writes that wait for their answers, values to show before there is a network, and writes that came
 * to nothing.
 *
 * `await openStorage()`. Importing it touches nothing; it needs no engine.
 */
import type { Backend, Notify } from './backend.js';
import { Connection } from './connection.js';
import { unavailable } from './errors.js';
import { Memory } from './memory.js';
import { planOf } from './options.js';
import { AimDbError } from '../errors.js';
import { Signal } from '../listeners.js';
import { toPlatform } from '../report.js';
import { DeviceStorage } from './storage.js';
import type { StorageNotice, StorageOptions } from './types.js';

export type { AimDbErrorCode } from '../codes.js';
export { AimDbError } from '../errors.js';
export type { Cache } from './cache.js';
export { LAYOUT } from './layout.js';
export type { DeadLetters } from './letters.js';
export * from './limits.js';
export type { DeviceStorage } from './storage.js';
export type * from './types.js';

/**
 * Opens the storage of this device. Where there is none, or one of a newer application, it is one in memory, and
 * `reason` says so; it rejects only options that cannot be used.
 */
export async function openStorage(options?: StorageOptions): Promise<DeviceStorage> {
  const plan = planOf(options);
  const notices = new Signal<StorageNotice>();
  if (plan.onNotice) notices.listen(plan.onNotice);
  const found = await find(plan.database, (notice) => notices.emit(notice, toPlatform));
  return new DeviceStorage(found.backend, plan, notices, found.reason, found.rows);
}

interface Found {
  readonly backend: Backend;
  readonly reason: AimDbError | undefined;
  /** The outbox of a newer layout. */
  readonly rows: readonly unknown[];
}

async function find(database: string, notify: Notify): Promise<Found> {
  const inMemory = (reason: AimDbError, rows: readonly unknown[] = []) => {
    return { backend: new Memory(), reason, rows };
  };
  try {
    // A page without an origin throws at the question.
    if (!globalThis.indexedDB) return inMemory(unavailable('this platform has no IndexedDB'));
    const opened = await Connection.open(database, notify);
    if ('error' in opened) return inMemory(opened.error, opened.rows);
    return { backend: opened, reason: undefined, rows: [] };
  } catch (thrown) {
    return inMemory(thrown instanceof AimDbError ? thrown : unavailable(thrown));
  }
}
