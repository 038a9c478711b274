/**
 * React hooks for stores: fields with their concerns, and selections.
 *
 * `createStoreHooks<Data>()` makes hooks that know the paths of a state; the ready-made ones take any path.
 */
import { createStoreHooks } from './hooks.js';

export {
  createStoreHooks,
  type Field,
  type SetField,
  type StoreHooks,
  type StoreProviderProps,
} from './hooks.js';

/** Hooks for a state of unknown shape. */
export const { StoreProvider, useStoreInstance, useStore, useField, useSelector } =
  createStoreHooks();
