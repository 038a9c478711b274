/** Gives the components below a database: one that the app made, or one made from options. */
import type { AnyRecords, RecordDefinitions, WasmDb, WsBridge } from '@aimdb/wasm';
import { createElement, type ReactNode, useMemo, useState, useSyncExternalStore } from 'react';
import { type AimDbScope, ScopeContext } from './context.js';
import { type AimDbOptions, Session, WAITING } from './session.js';

interface CommonProps {
  children?: ReactNode;
}

/** The app keeps the database: it made it, and frees it. */
export interface WithInstance<RECORDS extends RecordDefinitions = AnyRecords> extends CommonProps {
  db: WasmDb<RECORDS>;
  bridge?: WsBridge | null;
  options?: never;
  fallback?: never;
}

/**
 * The provider keeps the database: made when it mounts, freed when it unmounts. The options are read
 * once; give the provider another `key` to start anew with others.
 */
export interface WithOptions<RECORDS extends RecordDefinitions = AnyRecords> extends CommonProps {
  options: AimDbOptions<RECORDS>;
  /** Shown instead of the children until the database is there. Without it they render with null. */
  fallback?: ReactNode;
  db?: never;
  bridge?: never;
}

export type AimDbProviderProps<RECORDS extends RecordDefinitions = AnyRecords> =
  | WithInstance<RECORDS>
  | WithOptions<RECORDS>;

const READY = Promise.resolve();

export function AimDbProvider(props: AimDbProviderProps): ReactNode {
  return props.db ? createElement(InstanceProvider, props) : createElement(OptionsProvider, props);
}

function InstanceProvider({ db, bridge = null, children }: WithInstance): ReactNode {
  const scope = useMemo<AimDbScope>(
    () => ({ db, bridge, error: null, ready: READY }),
    [db, bridge],
  );
  return createElement(ScopeContext.Provider, { value: scope }, children);
}

function OptionsProvider({ options, fallback, children }: WithOptions): ReactNode {
  const [session] = useState(() => new Session(options));
  const state = useSyncExternalStore(session.subscribe, session.getSnapshot, () => WAITING);
  const scope = useMemo<AimDbScope>(() => ({ ...state, ready: session.ready }), [state, session]);
  if (state.error) throw state.error;
  const shown = state.db || fallback === undefined ? children : fallback;
  return createElement(ScopeContext.Provider, { value: scope }, shown);
}
