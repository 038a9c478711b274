/**
 * Databases whose provider was unmounted, for a while: a provider that comes then and asks for the same takes one over, with
 * its values and its socket. So a route that is left and soon entered again loses nothing.
 *
 * Guarantees: of several alike each provider gets its own; a provider that was rendered while the other one was still there,
 * such as one with another `key`, starts anew. What is of one user (a token that a function gives, a device's storage) is
 * never kept, since the next one who looks may be somebody else.
 */
import type { Database } from './database.js';
import { type AimDbOptions, isSameOptions } from './options.js';

/** A database that was left. */
export interface Left {
  readonly database: Database;
  readonly options: AimDbOptions;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether a provider that is being rendered means to take it; if that comes to nothing, another may. */
  isSeen: boolean;
}

const LEFT = new Set<Left>();

export function mayBeLeft({ bridge }: AimDbOptions): boolean {
  return typeof bridge?.token !== 'function' && bridge?.storage === undefined;
}

/** Keeps a database for so long, in milliseconds; `Infinity` is for as long as the page lives. */
export function leave(database: Database, options: AimDbOptions, keepMs: number): void {
  const end = () => {
    LEFT.delete(left);
    database.close();
  };
  const isForEver = keepMs === Number.POSITIVE_INFINITY;
  const timer = isForEver ? undefined : setTimeout(end, keepMs);
  const left: Left = { database, options, timer, isSeen: false };
  LEFT.add(left);
}

/** One that a provider with these options may take when it is mounted. */
export function seeLeft(options: AimDbOptions): Left | null {
  const alike = [...LEFT].filter((left) => isSameOptions(left.options, options));
  const left = alike.find(({ isSeen }) => !isSeen) ?? alike[0] ?? null;
  if (left) left.isSeen = true;
  return left;
}

export function isStillLeft(left: Left): boolean {
  return LEFT.has(left);
}

/** Takes a database over; nothing if somebody else has, or if its time is over. */
export function takeLeft(left: Left): Database | null {
  if (!LEFT.delete(left)) return null;
  clearTimeout(left.timer);
  return left.database;
}
