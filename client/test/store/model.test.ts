/**
 * Random programs against a model that knows nothing of plans and sharing: it clones the whole state for each batch
 * and compares everything. A failure prints its seed (`SEED=` and `COUNT=` choose others).
 */
import type { LooseData, Registration, Store } from '@aimdb/wasm/store';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MakeStore, overEveryEngine } from './support/stores.js';

declare const process: { env: Record<string, string | undefined> } | undefined;
const env = typeof process === 'undefined' ? {} : process.env;
const SEED = Number(env.SEED ?? Date.now() % 1_000_000);
const COUNT = Number(env.COUNT ?? 300);

const PATHS = ['a', 'b', 'c', 'c.x', 'c.n', 'c.n.y', 'l', 'l.0', 'l.1', 'l.2', 's.left', 's.right'];
const WATCHED = ['', 'out', 's', ...PATHS];

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Change = [path: string, value: Json];
type Step =
  | { kind: 'write'; changes: Change[]; isObject: boolean }
  | { kind: 'subscribe' | 'condition' | 'copy'; path: string }
  | { kind: 'sync' }
  | { kind: 'stop'; nth: number };

const primitive = fc.constantFrom<Json>(0, -0, 1, 2, Number.NaN, 'x', '', true, false, null);
const value = fc.oneof(
  { weight: 4, arbitrary: primitive },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('x', 'n'), primitive) },
  { weight: 1, arbitrary: fc.record({ n: fc.dictionary(fc.constantFrom('y'), primitive) }) },
  { weight: 1, arbitrary: fc.array(primitive, { maxLength: 3 }) },
);
/** The members of the sync group hold primitives, so that the model of it stays small. */
const change: fc.Arbitrary<Change> = fc
  .constantFrom(...PATHS)
  .chain((path) => fc.tuple(fc.constant(path), path.startsWith('s.') ? primitive : value));
const watched = fc.constantFrom(...WATCHED);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
      isObject: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('subscribe' as const, 'condition' as const, 'copy' as const),
      path: watched.filter((path) => path !== '' && !path.startsWith('out')),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('subscribe' as const), path: watched }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'sync' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stop' as const), nth: fc.nat(20) }) },
);

const isObject = (item: unknown): item is { [key: string]: Json } =>
  typeof item === 'object' && item !== null;
const isNear = (left: string, right: string) =>
  left === right ||
  left === '' ||
  right === '' ||
  `${left}.`.startsWith(`${right}.`) ||
  `${right}.`.startsWith(`${left}.`);

function look(state: unknown, path: string): unknown {
  if (path === '') return state;
  let found = state;
  for (const segment of path.split('.')) {
    found = isObject(found) && Object.hasOwn(found, segment) ? found[segment] : undefined;
  }
  return found;
}

function isSame(left: unknown, right: unknown): boolean {
  if (!isObject(left) || !isObject(right)) return Object.is(left, right);
  const keys = Object.keys(left);
  return (
    Array.isArray(left) === Array.isArray(right) &&
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSame(left[key], right[key]))
  );
}

/** Writes into a state that is nobody else's, or throws where a store has to refuse. */
function put(state: { [key: string]: Json }, path: string, written: Json): void {
  const segments = path.split('.');
  let at: { [key: string]: Json } = state;
  for (const [depth, segment] of segments.entries()) {
    if (Array.isArray(at) && !(Number(segment) <= at.length)) throw new Error('refused');
    const next = segments[depth + 1];
    if (next === undefined) {
      at[segment] = structuredClone(written);
      return;
    }
    at[segment] ??= /^\d+$/.test(next) ? [] : {};
    const below = at[segment];
    if (!isObject(below)) throw new Error('refused');
    at = below;
  }
}

/** The model: what is there, and who is told of it. */
class Model {
  state: { [key: string]: Json } = { a: 1, c: { x: 1 }, l: [1], s: { left: 0, right: 0 }, out: {} };
  syncs = 0;
  readonly copies = new Map<string, string>();

  /** Writes a batch, or throws and leaves everything as it was. Says where objects were written. */
  write(changes: Change[]): string[] {
    const before = this.state;
    const last = new Map(changes.map(([path], at) => [path, at]));
    const kept = changes.filter(([path], at) => last.get(path) === at);
    const state = structuredClone(before);
    for (const [path, written] of kept) put(state, path, written);
    if (this.syncs > 0) this.#sync(before, state, kept);
    for (const [name, path] of this.copies) {
      const now = look(state, path);
      if (!isSame(look(before, path), now)) put(state, `out.${name}`, textOf(now));
    }
    this.state = state;
    return kept.filter(([, written]) => isObject(written)).map(([path]) => path);
  }

  /** Two members that disagree: a value beats none, and then the smaller path wins. */
  agree(): void {
    this.syncs += 1;
    const { left = null, right = null } = (this.state.s ?? {}) as { left?: Json; right?: Json };
    const agreed = left ?? right;
    this.state = structuredClone(this.state);
    if (agreed !== null) this.state.s = { left: agreed, right: agreed };
  }

  /** The last member that was given another value gives it to both. */
  #sync(before: unknown, state: { [key: string]: Json }, kept: Change[]): void {
    const members = kept.filter(
      ([path, written]) => path.startsWith('s.') && !Object.is(look(before, path), written),
    );
    const [, winner] = members.at(-1) ?? [];
    if (winner !== undefined) state.s = { left: winner, right: winner };
  }
}

const textOf = (item: unknown): string => JSON.stringify(item) ?? 'nothing';

interface Subscription {
  readonly path: string;
  readonly calls: unknown[];
}

/** Runs a program on the store and on the model, and compares them after each step. */
class Run {
  readonly #store: Store<LooseData>;
  readonly #errors: unknown[];
  readonly #model = new Model();
  readonly #subscriptions = new Set<Subscription>();
  readonly #conditions = new Map<string, string>();
  readonly #stops: (() => void)[] = [];
  #count = 0;

  constructor(make: MakeStore) {
    const { store, errors } = make<LooseData>(this.#model.state);
    this.#store = store;
    this.#errors = errors;
  }

  step(next: Step): void {
    const [before, state] = [this.#model.state, this.#store.getState()];
    for (const { calls } of this.#subscriptions) calls.length = 0;
    const objects = this.#do(next);
    const after = this.#model.state;
    expect(this.#errors).toEqual([]);
    expect(isSame(this.#store.getState(), after)).toBe(true);
    if (objects.length === 0 && isSame(before, after)) expect(this.#store.getState()).toBe(state);
    for (const path of WATCHED)
      expect(this.#store.get(path)).toBe(look(this.#store.getState(), path));
    for (const [name, path] of this.#conditions) {
      expect(this.#store.getConcerns(name)).toEqual({ one: look(after, path) === 1 });
    }
    for (const { path, calls } of this.#subscriptions) {
      const now = look(after, path);
      const isResent = isObject(now) && objects.some((written) => isNear(written, path));
      const isTold = isResent || !isSame(look(before, path), now);
      expect([path, calls]).toEqual([path, isTold ? [this.#store.get(path)] : []]);
    }
  }

  /** Returns the paths at which objects were written, also such as were there. */
  #do(next: Step): string[] {
    if (next.kind === 'write') return this.#write(next.changes, next.isObject);
    if (next.kind === 'stop') {
      this.#stops.splice(next.nth % (this.#stops.length + 1), 1)[0]?.();
    } else if (next.kind === 'subscribe') this.#subscribe(next.path);
    else if (next.kind === 'condition') this.#watch(next.path);
    else if (next.kind === 'copy') this.#copy(next.path);
    else this.#sync();
    return [];
  }

  #write(changes: Change[], isByPath: boolean): string[] {
    const named = isByPath ? Object.fromEntries(changes) : changes;
    const written = isByPath ? Object.entries(Object.fromEntries(changes)) : changes;
    const before = this.#store.getState();
    let objects: string[];
    try {
      objects = this.#model.write(written);
    } catch {
      expect(() => this.#store.setMany(named as never)).toThrow();
      expect(this.#store.getState()).toBe(before);
      return [];
    }
    this.#store.setMany(named as never);
    return objects;
  }

  #subscribe(path: string): void {
    const subscription: Subscription = { path, calls: [] };
    this.#subscriptions.add(subscription);
    const stop = this.#store.subscribe(path, (now) => void subscription.calls.push(now));
    this.#stops.push(() => {
      stop();
      this.#subscriptions.delete(subscription);
    });
  }

  #watch(path: string): void {
    const name = this.#name();
    this.#conditions.set(name, path);
    const registration = this.#store.register({ concerns: { [name]: { one: [path, 1] } } });
    this.#disposeLater(registration, () => this.#conditions.delete(name));
  }

  /** A listener that keeps the text of a path below `out`. */
  #copy(path: string): void {
    const name = this.#name();
    this.#model.copies.set(name, path);
    const registration = this.#store.register({
      listeners: [
        {
          paths: [path],
          scope: 'out',
          fn: (_, { state, before }) => {
            const now = look(state, path);
            return isSame(look(before, path), now) ? undefined : { [name]: textOf(now) };
          },
        },
      ],
    });
    this.#disposeLater(registration, () => this.#model.copies.delete(name));
  }

  #sync(): void {
    const before = this.#model.state;
    this.#model.agree();
    const copied = [...this.#model.copies].filter(
      ([, path]) => !isSame(look(before, path), look(this.#model.state, path)),
    );
    for (const [name, path] of copied) {
      put(this.#model.state, `out.${name}`, textOf(look(this.#model.state, path)));
    }
    const registration = this.#store.register({ sync: [['s.left', 's.right']] });
    this.#disposeLater(registration, () => {
      this.#model.syncs -= 1;
    });
  }

  #disposeLater(registration: Registration, forget: () => void): void {
    this.#stops.push(() => {
      registration.dispose();
      forget();
    });
  }

  #name(): string {
    this.#count += 1;
    return `n${this.#count}`;
  }
}

overEveryEngine('a store', (make) => {
  test(`is what the model is over ${COUNT} programs (seed ${SEED})`, { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        const run = new Run(make);
        for (const next of steps) run.step(next);
      }),
      { seed: SEED, numRuns: COUNT },
    );
  });
});
