/** The store of the cart: lines come and go, and their rules with them. */
import { createStore, type Registration, type Store } from '@aimdb/wasm/store';
import { ChangeLog } from '../change-log.js';
import { rulesOfLine } from './rules.js';
import { type CartData, PRODUCTS } from './shop.js';

const LINES_AT_FIRST = 3;
const EMPTY: CartData = { lines: {}, areAllSelected: undefined, sumCents: 0, pieces: 0 };

export class CartModel {
  readonly store: Store<CartData> = createStore(EMPTY);
  readonly log: ChangeLog;
  readonly #rules = new Map<string, Registration>();
  #added = 0;

  constructor() {
    for (let line = 0; line < LINES_AT_FIRST; line += 1) this.add();
    this.log = new ChangeLog(this.store);
  }

  /** Adds a line with one piece of the first product that is not in the cart; false if all are. */
  add(): boolean {
    const lines = Object.values(this.store.get('lines'));
    const product = PRODUCTS.find(({ name }) => lines.every((line) => line.name !== name));
    if (product === undefined) return false;
    this.#added += 1;
    const id = String(this.#added);
    const line = { ...product, quantity: 1, totalCents: product.priceCents };
    this.store.set(`lines.${id}`, { ...line, isSelected: true, isSoldOut: false });
    this.#rules.set(id, this.store.register(rulesOfLine(this.store, id)));
    return true;
  }

  /** Removes a line; false if it is not there. */
  remove(id: string): boolean {
    const rules = this.#rules.get(id);
    if (rules === undefined) return false;
    const others = Object.entries(this.store.get('lines')).filter(([other]) => other !== id);
    // First the line and then its rules: they take it out of the sums.
    this.store.set('lines', Object.fromEntries(others));
    rules.dispose();
    return this.#rules.delete(id);
  }

  dispose(): void {
    this.store.dispose();
  }
}
