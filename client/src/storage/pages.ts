/** Reads all rows of a user, a page at a time, as they stood in one transaction. */
import type { Backend } from './backend.js';
import { PAGE_ENTRIES } from './limits.js';
import type { Key, Rows, UserStore } from './rows.js';

export function readAll<S extends UserStore>(
  backend: Backend,
  store: S,
  user: string,
  keyOf: (row: Rows[S]) => Key,
): Promise<Rows[S][]> {
  return backend.run([store], 'read', async (transaction) => {
    const rows: Rows[S][] = [];
    for (;;) {
      const last = rows.at(-1);
      const page = await transaction.page(store, user, last ? keyOf(last) : [], PAGE_ENTRIES);
      for (const row of page) rows.push(row);
      if (page.length < PAGE_ENTRIES) return rows;
    }
  });
}
