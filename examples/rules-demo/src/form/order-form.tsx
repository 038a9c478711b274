/** A form whose fields depend on each other. No component below knows a rule: they show what the store says. */
import { useState } from 'react';
import { ChangeList } from '../change-list.js';
import { AddressFields } from './address.js';
import { TextField } from './fields.js';
import { StoreProvider, useField, useStore } from './hooks.js';
import type { OrderModel } from './model.js';

export function OrderForm({ order }: { order: OrderModel }) {
  return (
    <section aria-labelledby="order">
      <h2 id="order">A form with dependent fields</h2>
      <p>
        A company has a VAT number, a region belongs to a country, an address follows another. The
        fields only read and write paths; the rules stand in one list.
      </p>
      <StoreProvider store={order.store}>
        <div className="split">
          <form className="card" aria-label="Order" onSubmit={(event) => event.preventDefault()}>
            <Customer />
            <AddressFields of="billing" title="Billing" />
            <DeliveryChoice />
            <Delivery />
            <Submit />
          </form>
          <ChangeList log={order.log} label="Changes of the order" />
        </div>
      </StoreProvider>
    </section>
  );
}

function Customer() {
  const [kind, setKind] = useStore('customer.kind');
  const { concerns } = useField('customer.vatNumber');
  return (
    <fieldset>
      <legend>Customer</legend>
      <div className="choices">
        {(['private', 'company'] as const).map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="kind"
              checked={kind === each}
              onChange={() => setKind(each)}
            />
            {each}
          </label>
        ))}
      </div>
      <TextField path="customer.name" label="Name" />
      <TextField path="customer.email" label="E-mail" type="email" />
      {concerns.isVisible === true && <TextField path="customer.vatNumber" />}
    </fieldset>
  );
}

/** Two flags that exclude each other: each button sets its own, and the flip rule the other. */
function DeliveryChoice() {
  const [isSame, setIsSame] = useStore('delivery.isSameAsBilling');
  const [isElsewhere, setIsElsewhere] = useStore('delivery.isElsewhere');
  return (
    <div className="choices" role="radiogroup" aria-label="Where to deliver">
      <label>
        <input type="radio" checked={isSame} onChange={() => setIsSame(true)} />
        deliver to the billing address
      </label>
      <label>
        <input type="radio" checked={isElsewhere} onChange={() => setIsElsewhere(true)} />
        deliver elsewhere
      </label>
    </div>
  );
}

function Delivery() {
  const [isSame] = useStore('delivery.isSameAsBilling');
  return (
    <AddressFields of="delivery" title="Delivery" isReadOnly={isSame}>
      <TextField path="delivery.date" label="Date" type="date" />
    </AddressFields>
  );
}

function Submit() {
  const { canSubmit } = useField('checks').concerns;
  const { isPlanned, summary } = useField('delivery').concerns;
  const [sent, setSent] = useState('');
  return (
    <div className="submit">
      <button
        type="submit"
        className="primary"
        disabled={canSubmit !== true}
        onClick={() => setSent(String(summary))}
      >
        Send the order
      </button>
      <span>{isPlanned === true && String(summary)}</span>
      <output className="sent">{sent !== '' && `Sent: ${sent}`}</output>
    </div>
  );
}
