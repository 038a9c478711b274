/** A cart: sums are computed, one box stands for all, and rules come and go with the lines. */
import { ChangeList } from '../change-list.js';
import { CartLine } from './cart-line.js';
import { StoreProvider, useSelector, useStore } from './hooks.js';
import type { CartModel } from './model.js';
import { euros, PRODUCTS } from './shop.js';

export function Cart({ cart }: { cart: CartModel }) {
  return (
    <section aria-labelledby="cart">
      <h2 id="cart">A shopping cart</h2>
      <p>
        A listener returns price times quantity, a computation adds up what is selected, and an
        aggregation keeps the box in the head in step with the lines. What is sold out is excluded.
      </p>
      <StoreProvider store={cart.store}>
        <div className="split">
          <div className="card">
            <Lines cart={cart} />
          </div>
          <ChangeList log={cart.log} label="Changes of the cart" />
        </div>
      </StoreProvider>
    </section>
  );
}

function Lines({ cart }: { cart: CartModel }) {
  const ids = useSelector((state) => Object.keys(state.lines), hasSameIds);
  return (
    <>
      <div className="scroll">
        <table className="cart" aria-label="Cart">
          <thead>
            <tr>
              <th scope="col">
                <SelectAll />
              </th>
              <th scope="col">product</th>
              <th scope="col" className="price">
                price
              </th>
              <th scope="col">pieces</th>
              <th scope="col">total</th>
              <th scope="col">sold out</th>
              <th scope="col">
                <span className="hidden">remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {ids.map((id) => (
              <CartLine key={id} id={id} remove={() => cart.remove(id)} />
            ))}
          </tbody>
          <Sum />
        </table>
      </div>
      <p className="controls">
        <button type="button" disabled={ids.length >= PRODUCTS.length} onClick={() => cart.add()}>
          Add a line
        </button>
      </p>
    </>
  );
}

const hasSameIds = (before: readonly string[], now: readonly string[]): boolean =>
  before.join() === now.join();

/** Half ticked when the lines differ, as the target of the aggregation is undefined then. */
function SelectAll() {
  const [areAllSelected, setAll] = useStore('areAllSelected');
  return (
    <input
      type="checkbox"
      aria-label="All selected"
      checked={areAllSelected === true}
      ref={(box) => {
        if (box) box.indeterminate = areAllSelected === undefined;
      }}
      onChange={({ target }) => setAll(target.checked)}
    />
  );
}

function Sum() {
  const [sumCents] = useStore('sumCents');
  const [pieces] = useStore('pieces');
  return (
    <tfoot>
      <tr>
        <th scope="row" colSpan={2}>
          Selected
        </th>
        <td className="price" />
        <td data-testid="pieces">{pieces}</td>
        <td data-testid="sum">{euros(sumCents)}</td>
        <td colSpan={2} />
      </tr>
    </tfoot>
  );
}
