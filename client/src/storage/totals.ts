/** What the rows of a user come to: read at the beginning of a transaction, and written at its end if it changed. */
import type { Transaction } from './backend.js';
import { noTotals, type StoreName, type TotalsRow } from './rows.js';

export class Totals {
  readonly #transaction: Transaction;
  readonly #store: 'meta' | 'cacheMeta';
  readonly row: TotalsRow;
  #isChanged = false;

  private constructor(transaction: Transaction, store: 'meta' | 'cacheMeta', row: TotalsRow) {
    this.#transaction = transaction;
    this.#store = store;
    this.row = row;
  }

  static async read(
    transaction: Transaction,
    kind: TotalsRow['kind'],
    user: string,
  ): Promise<Totals> {
    const store = storeOf(kind);
    const row = await transaction.get(store, [kind, user]);
    return new Totals(transaction, store, (row as TotalsRow | undefined) ?? noTotals(kind, user));
  }

  /** Counts a row that comes, goes, or comes in the place of another. */
  replace(before: { readonly bytes: number } | undefined, bytes: number | undefined): void {
    this.row.entries += (bytes === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    this.row.bytes += (bytes ?? 0) - (before?.bytes ?? 0);
    this.#isChanged = true;
  }

  nextAge(): number {
    this.row.age += 1;
    this.#isChanged = true;
    return this.row.age;
  }

  /** An age is not below this one. */
  reach(age: number): void {
    if (age <= this.row.age) return;
    this.row.age = age;
    this.#isChanged = true;
  }

  async write(): Promise<void> {
    if (this.#isChanged) await this.#transaction.put(this.#store, this.row);
  }
}

export function storeOf(kind: TotalsRow['kind']): 'meta' | ('cacheMeta' & StoreName) {
  return kind === 'cache' ? 'cacheMeta' : 'meta';
}
