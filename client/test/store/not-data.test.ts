/** What a store's copy would not have: refused with its path, whichever engine it has, and whichever door it comes by. */
import { createStreamGateway } from '@aimdb/wasm/store';
import { expect, test } from 'vitest';
import { overEveryEngine, refusal } from './support/stores.js';

const looked = {
  get now() {
    throw new Error('looked');
  },
};

const CASES: [string, unknown, string][] = [
  ['a getter', looked, 'v.now'],
  ['a getter in a list', { a: [0, looked] }, 'v.a.1.now'],
  ['a setter', { a: { set b(_: unknown) {} } }, 'v.a.b'],
  ['a field under a symbol', [{ [Symbol.for('s')]: 1 }], 'v.0.Symbol(s)'],
];

overEveryEngine('what is no data', (make) => {
  test.each(CASES)('%s is refused by set, setMany, a gateway and a listener', (_, value, path) => {
    const { store, errors } = make<Record<string, unknown>>({ v: 0, w: 0, asked: 0 });
    const before = store.getState();
    const gateway = createStreamGateway(store);
    for (const write of [
      () => store.set('v', value),
      () => store.setMany({ w: 1, v: value }),
      () =>
        store.setMany([
          ['w', 1],
          ['v', value],
        ] as never),
      () => gateway.ingest({ w: 1, v: value }),
    ]) {
      expect(refusal(write)).toEqual({ code: 'NOT_DATA', path });
      expect(store.getState()).toBe(before);
    }
    expect(refusal(() => make({ v: value }))).toEqual({ code: 'NOT_DATA', path });
    store.register({ listeners: [{ paths: ['asked'], fn: () => ({ v: value }) }] });
    store.set('asked', 1);
    expect(errors.map(({ code, path }) => ({ code, path }))).toEqual([{ code: 'NOT_DATA', path }]);
    expect(store.get('v')).toBe(0);
  });

  test('what is hidden, opaque or undefined is kept or left alone', () => {
    const hidden = Object.defineProperty({ a: undefined }, Symbol('s'), { value: 1 });
    const [date, act] = [new Date(0), () => 1];
    const { store } = make<Record<string, unknown>>({ v: { hidden, date, act, count: 5n } });
    expect(store.get('v')).toEqual({ hidden: { a: undefined }, date, act, count: 5n });
  });
});
