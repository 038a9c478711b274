/** A real valtio proxy that follows a store. */
import { bindValtio } from '@aimdb/wasm/valtio';
import { proxy, snapshot, subscribe } from 'valtio/vanilla';
import { unstable_enableOp as enableOperations } from 'valtio/vanilla';
import { expect, test } from 'vitest';
import { overEveryEngine, refusal } from './support/stores.js';

enableOperations(true);

type Write = [operation: string, path: string];

/** What was written to a proxy, as valtio tells it. */
function writesOf(state: object): Write[] {
  const writes: Write[] = [];
  const isSync = true;
  subscribe(
    state,
    (operations) => {
      for (const [kind, path] of operations) writes.push([kind, path.join('.')]);
    },
    isSync,
  );
  return writes;
}

overEveryEngine('a valtio proxy', (make) => {
  test('becomes what is in the store, whatever it was', () => {
    const date = new Date(0);
    const { store } = make({ a: { b: [1, { c: 2 }] }, date, gone: undefined });
    const state = proxy<Record<string, unknown>>({ a: { old: 1 }, other: 2 });
    bindValtio(store, state);
    expect(snapshot(state)).toEqual({ a: { b: [1, { c: 2 }] }, date, gone: undefined });
    expect(state.date).toBe(date);
  });

  test('gets the changed leaves and nothing else', () => {
    const { store } = make({ form: { name: 'A', tags: ['x', 'y'] }, other: { n: 1 } });
    store.register({ sync: [['form.name', 'other.n']] as never });
    const state = proxy({});
    bindValtio(store, state);
    const writes = writesOf(state);
    store.set('form.name', 'B');
    expect(writes.splice(0)).toEqual([
      ['set', 'form.name'],
      ['set', 'other.n'],
    ]);
    store.set('form', { name: 'B', tags: ['x', 'z'] });
    expect(writes.splice(0)).toEqual([['set', 'form.tags.1']]);
    store.set('form.tags', ['x']);
    expect(writes.splice(0).map(([, path]) => path)).toEqual(['form.tags.length']);
    store.set('form', { name: 'B' } as never);
    expect(writes.splice(0)).toEqual([['delete', 'form.tags']]);
    store.set('form.name', 'B');
    expect(writes).toEqual([]);
    expect(snapshot(state)).toEqual(store.getState());
  });

  test('stays writable below what the store froze', () => {
    const { store } = make<Record<string, unknown>>({});
    const state = proxy<Record<string, { n: number }[]>>({});
    bindValtio(store, state);
    store.set('list', [{ n: 1 }]);
    const [first] = state.list ?? [];
    if (first) first.n = 5;
    expect(state.list).toEqual([{ n: 5 }]);
    expect(store.get('list')).toEqual([{ n: 1 }]);
  });

  test('follows one path, also when it comes and goes', () => {
    const { store } = make<Record<string, unknown>>({ a: { b: { x: 1 } } });
    const state = proxy({});
    const stop = bindValtio(store, state, 'a.b');
    expect(state).toEqual({ x: 1 });
    store.set('a.b', null);
    expect(state).toEqual({});
    store.set('a', { b: { y: 2 } });
    expect(state).toEqual({ y: 2 });
    stop();
    store.set('a.b.y', 3);
    expect(state).toEqual({ y: 2 });
  });

  test('takes keys that JavaScript knows as data', () => {
    const { store } = make<Record<string, unknown>>({});
    const state = proxy({});
    bindValtio(store, state);
    store.set('', JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"polluted": 1}}'));
    store.set('__proto__.polluted', 2);
    expect(Object.getOwnPropertyDescriptor(state, '__proto__')?.value).toEqual({ polluted: 2 });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.hasOwn(Object, 'polluted')).toBe(false);
  });

  test('must be the proxy of an object', () => {
    const { store } = make({ a: 1 });
    expect(refusal(() => bindValtio(store, new Date())).code).toBe('PROXY_INVALID');
  });
});
