/** React hooks that know the paths of an order and the types of what lies there. */
import { createStoreHooks } from '@aimdb/react/store';
import type { Order } from './order.js';

export const { StoreProvider, useField, useStore } = createStoreHooks<Order>();
