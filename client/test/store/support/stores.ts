/** Stores for tests, over every engine that there is, disposed of after each test. */
import { Engine as Twin } from '@aimdb/pipeline-twin';
import init, {
  type AimDbError,
  createStore as createWasmStore,
  type LooseData,
  type Store,
  type StoreChange,
  type StoreEngine,
  storeFactory,
  WasmEngine,
} from '@aimdb/wasm/store';
import { afterEach, beforeAll, describe, expect } from 'vitest';

/** Every engine by name. */
export const engines: readonly (readonly [name: string, make: () => StoreEngine])[] = [
  ['wasm', () => new WasmEngine()],
  ['twin', () => new Twin()],
];

/** A store, and the errors that reached its `onError`. */
export interface Watched<DATA> {
  readonly store: Store<DATA>;
  readonly errors: AimDbError[];
  /** Their codes. */
  codes(): string[];
}

/** Makes stores of one engine. */
export type MakeStore = <DATA extends object = LooseData>(
  initial: DATA,
  engine?: StoreEngine,
) => Watched<DATA>;

/** Runs the same tests over each engine. */
export function overEveryEngine(
  about: string,
  tests: (make: MakeStore, makeEngine: () => StoreEngine) => void,
): void {
  beforeAll(() => init());
  const open = new Set<{ dispose(): void }>();
  afterEach(() => {
    for (const store of open) store.dispose();
    open.clear();
  });
  describe.each(engines)(`${about} (%s)`, (name, makeEngine) => {
    const create = name === 'wasm' ? createWasmStore : storeFactory(makeEngine);
    tests((initial, engine) => {
      const errors: AimDbError[] = [];
      const store = create(initial, { engine, onError: (error) => errors.push(error) });
      open.add(store);
      return { store, errors, codes: () => errors.map(({ code }) => code) };
    }, makeEngine);
  });
}

/** Hears every change at, above or below a path. */
export function onChanges<DATA>(
  store: Store<DATA>,
  path: string,
  hear: (changes: readonly StoreChange[]) => void,
): void {
  store.register({ listeners: [{ paths: [path], fn: (changes) => void hear(changes) }] });
}

/** What an action throws: a code and, where there is one, the path. */
export function refusal(action: () => unknown): { code: string; path: string | undefined } {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    const { code, path } = error as AimDbError;
    return { code, path };
  }
  throw new Error('nothing was thrown');
}

/** A function that keeps what it was called with first. */
export function heard<VALUE>(): { calls: VALUE[]; hear: (value: VALUE) => void } {
  const calls: VALUE[] = [];
  return { calls, hear: (value) => void calls.push(value) };
}

/** Lets all promises that are settled be heard. */
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
