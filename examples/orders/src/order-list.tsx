/** The newest orders, with their lines. */
import { useRecordHistory } from './records.js';

export function OrderList() {
  const orders = useRecordHistory('orders.shop', 10);
  return (
    <section aria-label="Orders">
      <h2>Newest orders</h2>
      {orders.length === 0 && <p>None yet.</p>}
      <ul>
        {orders.map((order) => (
          <li key={`${order.id} ${order.placed}`}>
            <b>{order.id}</b> {order.state},{' '}
            {order.lines.map(({ article, count }) => `${count} × ${article}`).join(', ')}:{' '}
            {order.total.toFixed(2)} EUR
          </li>
        ))}
      </ul>
    </section>
  );
}
