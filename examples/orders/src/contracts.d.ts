// Written by aimdb-types from order.json: do not edit.

/** What a customer wants. */
export interface Order {
  id: string;
  state: 'open' | 'paid' | 'sent';
  /** [EUR] */
  total: number;
  /** When it was placed. */
  placed: number;
  lines: OrderLine[];
  notes?: Record<string, string>;
}

/** What a customer wants. */
export interface OrderInput {
  id: string;
  state?: 'open' | 'paid' | 'sent';
  /** [EUR] */
  total: number;
  /** When it was placed. */
  placed: number | Date;
  lines: OrderLine[];
  notes?: Record<string, string>;
}

/** One article of an order. */
export interface OrderLine {
  article: string;
  count: number;
}

declare module '@aimdb/wasm' {
  interface AimDbSchemas {
    order: Order;
  }
  interface AimDbInputs {
    order: [Order, OrderInput];
  }
}
