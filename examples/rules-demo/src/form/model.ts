/** The store of the form with its rules, and the log of what they did. */
import { createStore, type Registration, type Store } from '@aimdb/wasm/store';
import { ChangeLog } from '../change-log.js';
import { type CheckedField, NEW_ORDER, type Order } from './order.js';
import { ORDER_RULES, SAME_ADDRESS_RULES } from './rules.js';

const CHECKED_FIELDS: readonly CheckedField[] = ['name', 'email', 'vatNumber'];

export class OrderModel {
  readonly store: Store<Order> = createStore(NEW_ORDER);
  readonly log: ChangeLog;
  /** There while the delivery address follows the billing address. */
  #sameAddress: Registration | undefined;

  constructor() {
    const { store } = this;
    store.register(ORDER_RULES);
    for (const field of CHECKED_FIELDS) followCheck(store, field);
    store.subscribe('delivery.isSameAsBilling', (isSame) => this.#followBilling(isSame));
    store.set('delivery.isSameAsBilling', true);
    // Last, so that the log begins with what the reader does.
    this.log = new ChangeLog(store);
  }

  dispose(): void {
    this.store.dispose();
  }

  /** Rules come and go at any time: these are registered only while they are wanted. */
  #followBilling(isSame: boolean): void {
    this.#sameAddress?.dispose();
    this.#sameAddress = isSame ? this.store.register(SAME_ADDRESS_RULES) : undefined;
  }
}

/** Writes into the state whether a field is valid, now and whenever that changes. */
function followCheck(store: Store<Order>, field: CheckedField): void {
  const write = () => {
    const { validation } = store.getConcerns(`customer.${field}`);
    store.set(`checks.${field}`, validation?.status === 'valid');
  };
  write();
  store.subscribeConcerns(`customer.${field}`, write);
}
