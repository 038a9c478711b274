/**
 * How fresh what a record shows is.
 *
 * Guarantees: the same object until it is another one, so that a component renders only then. Does not: look at times that
 * values tell themselves.
 */
import type { Engine } from '../../wasm/engine.js';
import type { Freshness } from '../types.js';
import type { Line } from './host.js';

/** What is known of a record's past. */
export interface Seen {
  readonly id: number;
  readonly isRestored: boolean;
  /** What was said of it last. */
  freshness: Freshness;
  /** Values that it missed, over which connection. */
  readonly missed: { connection: number; count: number };
}

/** Values were missed over the present connection. */
export function noteMissed(seen: Seen, connection: number, count: number): void {
  const { missed } = seen;
  missed.count = (missed.connection === connection ? missed.count : 0) + count;
  missed.connection = connection;
}

export function freshnessOf(engine: Engine, seen: Seen, line: Line | undefined): Freshness {
  const now = judged(engine, seen, line);
  if (!isSame(seen.freshness, now)) seen.freshness = Object.freeze(now) as Freshness;
  return seen.freshness;
}

function judged(engine: Engine, seen: Seen, line: Line | undefined): Freshness {
  if (line === undefined) return 'local';
  const { isConnected, connection, offlineSince } = line.link();
  if (!isConnected) return seen.isRestored ? 'restored' : { offlineSince };
  if (!engine.isConfirmed(seen.id)) return seen.isRestored ? 'restored' : 'stale';
  const { missed } = seen;
  return missed.connection === connection && missed.count > 0 ? { gap: missed.count } : 'fresh';
}

function isSame(one: Freshness, other: Freshness): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return JSON.stringify(one) === JSON.stringify(other);
}
