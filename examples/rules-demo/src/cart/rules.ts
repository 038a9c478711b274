/** The rules of one line of the cart: they come with the line, and go with it. */
import type { BoolLogic, Store, StoreRules } from '@aimdb/wasm/store';
import type { CartData } from './shop.js';

export function rulesOfLine(store: Store<CartData>, id: string): StoreRules {
  const line = `lines.${id}` as const;
  // A line that is being removed still has its rules: it must not count any more.
  const isNotForSale: BoolLogic = {
    OR: [{ IS_EQUAL: [`${line}.isSoldOut`, true] }, { NOT: { EXISTS: line } }],
  };
  const isLeftOut: BoolLogic = {
    OR: [isNotForSale, { NOT: { IS_EQUAL: [`${line}.isSelected`, true] } }],
  };
  return {
    // One box for all: it shows what the lines have in common, and writing it writes them all.
    aggregations: [['areAllSelected', `${line}.isSelected`, isNotForSale]],
    computations: [
      ['SUM', 'sumCents', `${line}.totalCents`, isLeftOut],
      ['SUM', 'pieces', `${line}.quantity`, isLeftOut],
    ],
    // A product is no rule of the engine: a listener returns it as a change.
    listeners: [
      {
        paths: [`${line}.quantity`, `${line}.priceCents`],
        fn: () => {
          const priced = store.get(line);
          return priced && { [`${line}.totalCents`]: priced.quantity * priced.priceCents };
        },
      },
    ],
  };
}
