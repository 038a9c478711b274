/** An order with lines, described in one file, from a server to a component. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles.css';
import { Devices } from './devices.js';
import { OrderForm } from './order-form.js';
import { OrderList } from './order-list.js';
import { AimDbProvider, contracts, records } from './records.js';

const url = new URLSearchParams(location.search).get('server') ?? new URL('ws', location.href).href;

const options = {
  contracts,
  records,
  bridge: { url, subscribeTopics: ['orders/#'], adopt: 'devices/#' },
};

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <main>
        <h1>Orders</h1>
        <p>
          The contract of an order is one file, <code>contracts/order.json</code>. The server reads
          it, and so does this page: what it does not allow is refused on both sides, with the
          place.
        </p>
        <AimDbProvider options={options} fallback={<p>Starting the engine</p>}>
          <OrderForm />
          <OrderList />
          <Devices />
        </AimDbProvider>
      </main>
    </StrictMode>,
  );
}
