'use client';
/**
 * React hooks for stores: fields with their concerns, and selections.
 *
 * `createStoreHooks<Data>()` makes hooks that know the paths of a state; the ready-made ones take any path.
 */
import type { Store } from '@aimdb/wasm/store';
import type { ReactNode } from 'react';
import { createStoreHooks } from './hooks.js';

export {
  createStoreHooks,
  type Field,
  type SetField,
  type StoreHooks,
  type StoreProviderProps,
} from './hooks.js';

const loose = createStoreHooks();

/** A store whose state may be of any shape. */
export type AnyStore = Pick<Store, 'dispose' | 'register'>;

/** Gives the components below a store; the ready-made hooks read any path of it. */
export const StoreProvider = loose.StoreProvider as (props: {
  store: AnyStore;
  children?: ReactNode;
}) => ReactNode;

export const { useStoreInstance, useStore, useField, useSelector } = loose;
