/** What a provider hands down, and the hooks that read it as it is. */
import type { WasmDb, WsBridge } from '@aimdb/wasm';
import { createContext, useContext } from 'react';
import type { SessionState } from './session.js';

export interface AimDbScope extends SessionState {
  /** Settles when `db` is no longer null. */
  readonly ready: Promise<void>;
}

export const ScopeContext = createContext<AimDbScope | null>(null);

/** The scope of the nearest provider. */
export function useScope(): AimDbScope {
  const scope = useContext(ScopeContext);
  if (!scope) throw new Error('AimDB hooks need an <AimDbProvider> above them');
  return scope;
}

/** The database of the nearest provider, or null while it is being made and in a server render. */
export function useAimDb(): WasmDb | null {
  return useScope().db;
}

/** The bridge of the nearest provider, or null when there is none. */
export function useBridge(): WsBridge | null {
  return useScope().bridge;
}
