/** Removes the oldest rows of a user until the rest is within limits. */
import type { Transaction } from './backend.js';
import type { AgedStore } from './rows.js';
import type { Totals } from './totals.js';

export interface Evicted {
  readonly entries: number;
  readonly bytes: number;
}

export async function evict(
  transaction: Transaction,
  store: AgedStore,
  totals: Totals,
  entriesMax: number,
  bytesMax: number,
): Promise<Evicted | undefined> {
  const { of: user } = totals.row;
  let [entries, bytes] = [0, 0];
  while (totals.row.entries > entriesMax || totals.row.bytes > bytesMax) {
    const over = Math.max(1, totals.row.bytes - bytesMax);
    const oldest = await transaction.oldest(store, user, over);
    // The totals are of the same transactions as the rows; were they ever not, this must come to an end.
    if (oldest.length === 0) break;
    for (const { key, bytes: size } of oldest) {
      await transaction.remove(store, key);
      totals.replace({ bytes: size }, undefined);
      entries += 1;
      bytes += size;
    }
  }
  return entries > 0 ? { entries, bytes } : undefined;
}
