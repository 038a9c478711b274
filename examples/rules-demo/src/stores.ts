/** The stores of the page: made together once the engine is there, and ended together. */
import init from '@aimdb/wasm/store';
import { CartModel } from './cart/model.js';
import { FirehoseModel } from './firehose/model.js';
import { OrderModel } from './form/model.js';

export interface Stores {
  readonly order: OrderModel;
  readonly cart: CartModel;
  readonly firehose: FirehoseModel;
}

/** Fetches the engine, which is not part of the page's script, and makes the stores. */
export async function startStores(): Promise<Stores> {
  await init();
  return { order: new OrderModel(), cart: new CartModel(), firehose: new FirehoseModel() };
}

export function endStores({ order, cart, firehose }: Stores): void {
  for (const model of [order, cart, firehose]) model.dispose();
}
