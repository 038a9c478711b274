/** Places orders: through the record, which refuses here, or past it, so that the server refuses. */
import { type AimDbError, ContractViolation } from '@aimdb/wasm';
import { useEffect, useState } from 'react';
import { useBridge, useSetRecord } from './records.js';

let placed = 0;

export function OrderForm() {
  const set = useSetRecord('orders.shop');
  const bridge = useBridge();
  const [count, setCount] = useState('2');
  const [verdict, setVerdict] = useState('');

  useEffect(
    () =>
      bridge?.onWriteSettled(({ outcome, message }) =>
        setVerdict(
          outcome === 'refused'
            ? `The server refused it. ${message}`
            : `The server said: ${outcome}.`,
        ),
      ),
    [bridge],
  );

  const order = () => {
    placed += 1;
    return {
      id: `A-${placed}`,
      total: 4.5 * Number(count),
      placed: Date.now(),
      lines: [{ article: 'tea', count: Number(count) }],
    };
  };
  const here = () => {
    try {
      set(order());
    } catch (error) {
      const words = (error as AimDbError).message;
      setVerdict(
        error instanceof ContractViolation ? `Refused here, at ${error.path}. ${words}` : words,
      );
    }
  };

  return (
    <section aria-label="A new order">
      <label>
        Cups of tea{' '}
        <input
          inputMode="numeric"
          value={count}
          onChange={(event) => setCount(event.target.value)}
        />
      </label>
      <button type="button" onClick={here}>
        Order
      </button>
      <button type="button" onClick={() => bridge?.write('orders/shop', order())}>
        Order past this page's contract
      </button>
      <output>{verdict}</output>
    </section>
  );
}
