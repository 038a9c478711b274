/** Reads all rows of a user, or those behind a key, a page at a time. */
import type { Transaction } from './backend.js';
import { PAGE_ENTRIES } from './limits.js';
import type { Key, Rows, UserStore } from './rows.js';

export async function readAll<S extends UserStore>(
  transaction: Transaction,
  store: S,
  user: string,
  keyOf: (row: Rows[S]) => Key,
  after: Key = [],
): Promise<Rows[S][]> {
  const rows: Rows[S][] = [];
  for (;;) {
    const last = rows.at(-1);
    const page = await transaction.page(store, user, last ? keyOf(last) : after, PAGE_ENTRIES);
    for (const row of page) rows.push(row);
    if (page.length < PAGE_ENTRIES) return rows;
  }
}

/** Behind the user, what names a write. */
export function ofWrite({ client, id }: { readonly client: string; readonly id: number }): Key {
  return [client, id];
}
