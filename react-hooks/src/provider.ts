/** Gives the components below a database: one that the app made, or one made from options. */
import type { AimDbError, AnyRecords, RecordDefinitions, WasmDb, WsBridge } from '@aimdb/wasm';
import {
  createElement,
  type ReactNode,
  useEffect,
  useInsertionEffect,
  useLayoutEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import { type AimDbScope, ScopeContext } from './context.js';
import { type AimDbOptions, badOption, needKnown } from './session/options.js';
import { type EngineSource, KEEP_MS_MAX, Session, WAITING } from './session/session.js';

interface CommonProps {
  children?: ReactNode;
}

/** The app keeps the database: it made it, and frees it. */
export interface WithInstance<RECORDS extends RecordDefinitions = AnyRecords> extends CommonProps {
  db: WasmDb<RECORDS>;
  bridge?: WsBridge | null;
  options?: never;
  wasm?: never;
  onError?: never;
  fallback?: never;
  errorFallback?: never;
  keepMs?: never;
}

/** Shown instead of the children where there is no database: what went wrong, and a function that tries again. */
export type ErrorFallback = ReactNode | ((error: unknown, retry: () => void) => ReactNode);

/**
 * The provider keeps the database: it is made when the provider mounts, follows the options, and ends a while after the provider
 * was unmounted or hidden. Options are compared by what they say, so they may be made anew at each render.
 */
export interface WithOptions<RECORDS extends RecordDefinitions = AnyRecords> extends CommonProps {
  options: AimDbOptions<RECORDS>;
  /** Where the engine is, as `init` takes it. Read when it is loaded, once a thread. */
  wasm?: EngineSource;
  /** Hears of errors: of callbacks, of the bridge, and of options that cannot be used. Without it they go to the console. */
  onError?: (error: AimDbError) => void;
  /** Shown instead of the children until the database is there. Without it they render with null. */
  fallback?: ReactNode;
  /** Shown instead of the children while there is an error. Without it the error is thrown, to the next error boundary. */
  errorFallback?: ErrorFallback;
  /**
   * How long the database is kept when nobody looks, in milliseconds. By default 300 000 after an Activity has hidden the provider,
   * and 5 000 after it was unmounted, for a provider of the same options; 0 keeps nothing, as tests want it.
   */
  keepMs?: number;
  db?: never;
  bridge?: never;
}

export type AimDbProviderProps<RECORDS extends RecordDefinitions = AnyRecords> =
  | WithInstance<RECORDS>
  | WithOptions<RECORDS>;

const READY = Promise.resolve();
const ready = () => READY;
const OF_INSTANCE = ['children', 'db', 'bridge'];
const OF_OPTIONS = [
  'children',
  'options',
  'wasm',
  'onError',
  'fallback',
  'errorFallback',
  'keepMs',
];

export function AimDbProvider(props: AimDbProviderProps): ReactNode {
  if (props.db) {
    needKnown(props, OF_INSTANCE, 'AimDbProvider with a db');
    return createElement(InstanceProvider, props);
  }
  needKnown(props, OF_OPTIONS, 'AimDbProvider with options');
  needTime(props.keepMs);
  return createElement(OptionsProvider, props);
}

function needTime(keepMs: number | undefined): void {
  if (keepMs === undefined || keepMs === Number.POSITIVE_INFINITY) return;
  if (typeof keepMs === 'number' && keepMs >= 0 && keepMs <= KEEP_MS_MAX) return;
  const limits = `a number from 0 to ${KEEP_MS_MAX}, or Infinity`;
  throw badOption(`AimDbProvider: keepMs must be ${limits}, got ${String(keepMs)}`);
}

function InstanceProvider({ db, bridge = null, children }: WithInstance): ReactNode {
  const scope = useMemo<AimDbScope>(
    () => ({ db, bridge, error: null, ready, tellUnknown }),
    [db, bridge],
  );
  return createElement(ScopeContext.Provider, { value: scope }, children);
}

function tellUnknown(error: AimDbError): boolean {
  console.warn(`aimdb: ${error.code}: ${error.message}`);
  return true;
}

/** Before children subscribe and write: they find the records of the options that they were rendered with. */
const useEarlyEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect;

function OptionsProvider(props: WithOptions): ReactNode {
  const { options, wasm, onError, fallback, errorFallback, keepMs, children } = props;
  const [session] = useState(() => new Session({ options, wasm, onError, keepMs }));
  const state = useSyncExternalStore(session.subscribe, session.getSnapshot, () => WAITING);
  // Its end is the end of the provider; other effects also end when an Activity hides it.
  useInsertionEffect(() => session.unmount, [session]);
  useEarlyEffect(() => session.update({ options, wasm, onError, keepMs }));
  const scope = useMemo<AimDbScope>(
    () => ({ ...state, ready: session.ready, tellUnknown: session.tellUnknown }),
    [state, session],
  );
  return createElement(ScopeContext.Provider, { value: scope }, shown());

  function shown(): ReactNode {
    const { error, db } = state;
    if (error === null) return db || fallback === undefined ? children : fallback;
    if (typeof errorFallback === 'function') return errorFallback(error, session.retry);
    if (errorFallback === undefined) throw error;
    return errorFallback;
  }
}
