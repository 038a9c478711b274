/** What a provider hands down, and the hooks that read it as it is. */
import { AimDbError, type WasmDb, type WsBridge } from '@aimdb/wasm';
import { createContext, useContext } from 'react';
import type { SessionState } from './session/database.js';

export interface AimDbScope extends SessionState {
  /** Settles when `db` is no longer null; who waits for it suspends. */
  readonly ready: () => Promise<void>;
  /** Tells of a key that has no record: false if that is to be tried again later. The same function as long as the provider. */
  readonly tellUnknown: (error: AimDbError) => boolean;
}

export const ScopeContext = createContext<AimDbScope | null>(null);

/** The scope of the nearest provider. */
export function useScope(): AimDbScope {
  const scope = useContext(ScopeContext);
  if (scope) return scope;
  throw new AimDbError('NO_PROVIDER', 'AimDB hooks need an <AimDbProvider> above them');
}

/** The database of the nearest provider, or null while it is being made and in a server render. */
export function useAimDb(): WasmDb | null {
  return useScope().db;
}

/** The bridge of the nearest provider, or null when there is none. */
export function useBridge(): WsBridge | null {
  return useScope().bridge;
}
