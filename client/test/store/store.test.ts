/** Reading, writing and subscribing. */
import { LINEAGE, type StoreChange } from '@aimdb/wasm/store';
import { expect, test } from 'vitest';
import { heard, onChanges, overEveryEngine, refusal } from './support/stores.js';

overEveryEngine('a store', (make) => {
  test('gives what was written, and undefined where nothing is', () => {
    const { store } = make({ a: { b: 1 }, list: [{ name: 'x' }] });
    expect(store.get('a.b')).toBe(1);
    expect(store.get('list.0.name')).toBe('x');
    expect(store.get('list.length')).toBe(1);
    expect(store.get('list.7.name')).toBeUndefined();
    store.set('a.b', 2);
    expect(store.getState()).toEqual({ a: { b: 2 }, list: [{ name: 'x' }] });
    expect(store.get('')).toBe(store.getState());
  });

  test('hands out frozen values, the same while unchanged, and never freezes what it was given', () => {
    const given = { a: { deep: { x: 1 } }, b: { y: 1 } };
    const { store } = make(given);
    const [a, b, state] = [store.get('a'), store.get('b'), store.getState()];
    expect(Object.isFrozen(a) && Object.isFrozen(a.deep) && Object.isFrozen(state)).toBe(true);
    store.set('b.y', 2);
    expect(store.get('a')).toBe(a);
    expect(store.get('b')).not.toBe(b);
    expect(b).toEqual({ y: 1 });
    expect(state.a).toBe(store.getState().a);
    expect(Object.isFrozen(given) || Object.isFrozen(given.a.deep)).toBe(false);
    given.a.deep.x = 9;
    expect(store.get('a.deep.x')).toBe(1);
  });

  test('writes many values as one transaction, in the order given or as an object', () => {
    const { store } = make({ a: 0, b: 0, c: { d: 0 } });
    const states = heard<unknown>();
    store.subscribe('', states.hear);
    store.setMany([
      ['a', 1],
      ['b', 1, { sender: 'form' }],
      ['a', 2],
    ]);
    store.setMany({ a: 3, 'c.d': 4 });
    expect(states.calls).toEqual([
      { a: 2, b: 1, c: { d: 0 } },
      { a: 3, b: 1, c: { d: 4 } },
    ]);
  });

  test('tells a path of changes at, above and below it, and of nothing else', () => {
    const { store } = make({ a: { b: { c: 1 } }, ab: 1, other: { z: 1 } });
    const { calls, hear } = heard<unknown>();
    store.subscribe('a.b', hear);
    expect(calls).toEqual([]);
    store.set('ab', 2);
    store.set('other.z', 2);
    expect(calls).toEqual([]);
    store.set('a.b.c', 2);
    store.set('a.b', { c: 3 });
    store.set('a', { b: { c: 4 } });
    expect(calls).toEqual([{ c: 2 }, { c: 3 }, { c: 4 }]);
    store.set('', { a: { b: { c: 5 } }, ab: 1, other: { z: 1 } });
    expect(calls).toHaveLength(4);
  });

  test('gives listeners the changes that concern them, with sender and lineage', () => {
    const { store } = make({ a: 1, b: 1, c: 1 });
    store.register({ sync: [['a', 'b']] });
    const seen: StoreChange[] = [];
    onChanges(store, 'b', (changes) => seen.push(...changes));
    store.setMany([
      ['a', 2, { sender: 'form' }],
      ['c', 2],
    ]);
    const [change] = seen;
    expect(seen).toEqual([
      { path: 'b', value: 2, lineage: LINEAGE.isSyncPathChange, sender: 'form' },
    ]);
    expect(Object.isFrozen(change)).toBe(true);
  });

  test('does not tell of a value that is what a subscriber knows, whatever was written', () => {
    const { store } = make({ a: { b: 1 }, on: true });
    const { calls, hear } = heard<unknown>();
    store.subscribe('a.b', hear);
    store.set('a', { b: 1 });
    store.set('a.b', 1);
    expect(calls).toEqual([]);
  });

  test('tells a selection when it is another, by the equality that is given', () => {
    const { store } = make({ a: 1, list: [1, 2] });
    const sums = heard<number>();
    const lists = heard<readonly number[]>();
    store.subscribe((state) => state.list.reduce((sum, item) => sum + item, 0), sums.hear);
    store.subscribe(
      (state) => state.list.map((item) => item % 2),
      lists.hear,
      (before, now) => String(before) === String(now),
    );
    store.set('a', 2);
    store.set('list', [2, 1]);
    store.set('list.0', 4);
    expect(sums.calls).toEqual([5]);
    expect(lists.calls).toEqual([[0, 1]]);
  });

  test('shares one listener of the engine among the subscribers of a path', () => {
    const { store } = make({ a: 1 });
    const first = heard<unknown>();
    const second = heard<unknown>();
    const stopFirst = store.subscribe('a', first.hear);
    const stopSecond = store.subscribe('a', second.hear);
    stopFirst();
    stopFirst();
    store.set('a', 2);
    stopSecond();
    store.set('a', 3);
    expect([first.calls, second.calls]).toEqual([[], [2]]);
    store.subscribe('a', first.hear);
    store.set('a', 4);
    expect([first.calls, second.calls]).toEqual([[4], [2]]);
  });

  test('refuses what is no callback, no path and no batch', () => {
    const { store } = make<Record<string, unknown>>({ a: 1 });
    const state = store.getState();
    // @ts-expect-error: not a function
    expect(refusal(() => store.subscribe('a', 1)).code).toBe('CALLBACK_INVALID');
    // @ts-expect-error: not a function
    expect(refusal(() => store.subscribeConcerns('a', {})).code).toBe('CALLBACK_INVALID');
    // @ts-expect-error: not a path
    expect(refusal(() => store.set(1, 1)).code).toBe('MALFORMED_INPUT');
    // @ts-expect-error: not a batch
    expect(refusal(() => store.setMany('a')).code).toBe('MALFORMED_INPUT');
    // @ts-expect-error: not a batch
    expect(refusal(() => store.setMany(null)).code).toBe('MALFORMED_INPUT');
    // @ts-expect-error: an entry without a path
    expect(refusal(() => store.setMany([[1, 2]])).code).toBe('MALFORMED_INPUT');
    expect(store.getState()).toBe(state);
  });

  test('refuses everything after it was disposed of, and lets subscribers go', () => {
    const { store, errors } = make({ a: 1 });
    const { calls, hear } = heard<unknown>();
    const stop = store.subscribe('a', hear);
    const registration = store.register({ listeners: [{ paths: ['a'], fn: () => {} }] });
    store.dispose();
    store.dispose();
    for (const use of [
      () => store.get('a'),
      () => store.set('a', 2),
      () => store.setMany({ a: 2 }),
      () => store.getState(),
      () => store.subscribe('a', hear),
      () => store.subscribe((state) => state.a, hear),
      () => store.register({}),
      () => store.getConcerns('a'),
      () => store.subscribeConcerns('a', hear),
    ]) {
      expect(refusal(use).code).toBe('STORE_DISPOSED');
    }
    stop();
    registration.dispose();
    expect([calls, errors]).toEqual([[], []]);
  });
});
