/** Rules between values, and a feed of ten thousand fields, in one tab without any server. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/page.css';
import './styles/parts.css';
import { Cart } from './cart/cart.js';
import { Firehose } from './firehose/firehose.js';
import { OrderForm } from './form/order-form.js';
import { WithStores } from './with-stores.js';

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <main>
        <h1>AimDB rules</h1>
        <p>
          A store of values addressed by path, with rules between paths. The engine is WebAssembly
          and runs in this tab: no server is asked for anything.
        </p>
        <WithStores>
          {({ order, cart, firehose }) => (
            <>
              <OrderForm order={order} />
              <Cart cart={cart} />
              <Firehose firehose={firehose} />
            </>
          )}
        </WithStores>
      </main>
    </StrictMode>,
  );
}
