/**
 * A component's subscription to a store: to a path, to a path with its concerns, or to a selection.
 *
 * Guarantees: a component renders when what it looks at changed, and only then; nothing is copied into React's state.
 * In a server render, and while the browser takes over, it shows what the store holds: both sides start from the same
 * initial state.
 */
import type {
  Concerns,
  DeepValue,
  Frozen,
  LooseData,
  PathOf,
  ReadValue,
  Store,
} from '@aimdb/wasm/store';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import { KeptSelection } from '../selection.js';

/** Writes the value of a field; throws a `PipelineError` when the store refuses it. */
export type SetField<DATA, PATH extends string> = (value: DeepValue<DATA, PATH>) => void;

/** A path as a form's field needs it. */
export interface Field<DATA, PATH extends string> {
  readonly value: ReadValue<DATA, PATH>;
  /** The same function while store and path are the same. */
  readonly set: SetField<DATA, PATH>;
  readonly concerns: Concerns;
}

export interface StoreProviderProps<DATA> {
  /** The app keeps the store: it made it, and disposes of it. */
  store: Store<DATA>;
  children?: ReactNode;
}

/** The hooks of one kind of store. */
export interface StoreHooks<DATA> {
  /** Gives the components below a store. */
  StoreProvider(props: StoreProviderProps<DATA>): ReactNode;
  /** The store of the nearest provider. */
  useStoreInstance(): Store<DATA>;
  /** The value at a path, and the function that writes it. */
  useStore<PATH extends string>(
    path: PathOf<DATA, PATH>,
  ): readonly [value: ReadValue<DATA, PATH>, set: SetField<DATA, PATH>];
  /** The value at a path, the function that writes it, and the concerns of the path. */
  useField<PATH extends string>(path: PathOf<DATA, PATH>): Field<DATA, PATH>;
  /** What a function selects from the state; an equal selection by the same function from the same store is the one before. */
  useSelector<SELECTED>(
    selector: (state: Frozen<DATA>) => SELECTED,
    isEqual?: (before: SELECTED, now: SELECTED) => boolean,
  ): SELECTED;
}

/** Makes hooks with a context of their own, typed by the state of the store. */
export function createStoreHooks<DATA = LooseData>(): StoreHooks<DATA> {
  const Context = createContext<Store<DATA> | null>(null);

  function useStoreInstance(): Store<DATA> {
    const store = useContext(Context);
    if (!store) throw new Error('store hooks need a <StoreProvider> of their own above them');
    return store;
  }

  function useStore<PATH extends string>(
    path: PathOf<DATA, PATH>,
  ): readonly [value: ReadValue<DATA, PATH>, set: SetField<DATA, PATH>] {
    const store = useStoreInstance();
    const source = useMemo(
      () => ({
        subscribe: (listener: () => void) => store.subscribe<PATH>(path, listener),
        get: () => store.get<PATH>(path),
        set: (value: DeepValue<DATA, PATH>) => store.set<PATH>(path, value),
      }),
      [store, path],
    );
    const value = useSyncExternalStore(source.subscribe, source.get, source.get);
    return useMemo(() => [value, source.set], [value, source]);
  }

  function useConcerns<PATH extends string>(path: PathOf<DATA, PATH>): Concerns {
    const store = useStoreInstance();
    const source = useMemo(
      () => ({
        subscribe: (listener: () => void) => store.subscribeConcerns<PATH>(path, listener),
        get: () => store.getConcerns<PATH>(path),
      }),
      [store, path],
    );
    return useSyncExternalStore(source.subscribe, source.get, source.get);
  }

  function useField<PATH extends string>(path: PathOf<DATA, PATH>): Field<DATA, PATH> {
    const [value, set] = useStore<PATH>(path);
    const concerns = useConcerns<PATH>(path);
    return useMemo(() => ({ value, set, concerns }), [value, set, concerns]);
  }

  function useSelector<SELECTED>(
    selector: (state: Frozen<DATA>) => SELECTED,
    isEqual: (before: SELECTED, now: SELECTED) => boolean = Object.is,
  ): SELECTED {
    const store = useStoreInstance();
    const [kept] = useState(() => new KeptSelection<Frozen<DATA>, SELECTED>());
    const get = () => kept.select(store, store.getState(), selector, isEqual);
    const subscribe = useCallback(
      (listener: () => void) => store.subscribe((state) => state, listener),
      [store],
    );
    return useSyncExternalStore(subscribe, get, get);
  }

  return {
    StoreProvider: ({ store, children }) => (
      <Context.Provider value={store}>{children}</Context.Provider>
    ),
    useStoreInstance,
    useStore,
    useField,
    useSelector,
  };
}
