/** React hooks that know the paths of the cart. */
import { createStoreHooks } from '@aimdb/react/store';
import type { CartData } from './shop.js';

export const { StoreProvider, useSelector, useStore } = createStoreHooks<CartData>();
