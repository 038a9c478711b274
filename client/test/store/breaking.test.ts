/** What breaks others: throwing, looping and re-entering callbacks, refusals, odd keys and values. */
import {
  ANSWERS_MAX,
  LINEAGE,
  type Registration,
  ROUNDS_MAX,
  type StoreChange,
  WasmEngine,
} from '@aimdb/wasm/store';
import { expect, test } from 'vitest';
import { heard, overEveryEngine, refusal } from './support/stores.js';

overEveryEngine('listeners', (make) => {
  test('are called once a batch, deepest first, with relative changes and both states', () => {
    const { store } = make({ form: { iban: 'A', name: 'B' }, other: 1 });
    const calls: unknown[] = [];
    const note =
      (name: string) => (changes: readonly StoreChange[], context: { scope: string }) => {
        calls.push([name, context.scope, changes.map(({ path, value }) => [path, value])]);
      };
    store.register({
      listeners: [
        { paths: [''], fn: note('root') },
        { paths: ['form'], scope: 'form', fn: note('form') },
        { paths: ['form.iban'], scope: 'form.iban', fn: note('iban') },
      ],
    });
    const [before, states] = [store.getState(), heard<unknown>()];
    store.register({
      listeners: [{ paths: ['other'], fn: (_, { state, before }) => states.hear([state, before]) }],
    });
    store.setMany({ 'form.iban': 'C', 'form.name': 'D', other: 2 });
    expect(calls).toEqual([
      ['iban', 'form.iban', [['', 'C']]],
      [
        'form',
        'form',
        [
          ['iban', 'C'],
          ['name', 'D'],
        ],
      ],
      [
        'root',
        '',
        [
          ['form.iban', 'C'],
          ['form.name', 'D'],
          ['other', 2],
        ],
      ],
    ]);
    expect(states.calls).toEqual([[store.getState(), before]]);
    const [[state, old] = []] = states.calls as [unknown, unknown][];
    expect([state, old]).toEqual([store.getState(), before]);
    expect(state).toBe(store.getState());
    expect(old).toBe(before);
  });

  test('stop nobody when they throw, and the write that woke them stands', () => {
    const { store, errors } = make({ a: 0, b: 0 });
    const { calls, hear } = heard<unknown>();
    const cause = new Error('no');
    const bad = () => {
      throw cause;
    };
    store.register({
      listeners: [
        { paths: ['a'], fn: bad },
        { paths: ['a'], fn: () => hear('listener') },
      ],
    });
    store.subscribe('a', bad);
    store.subscribe('a', () => hear('subscriber'));
    store.subscribe(
      (state) => state.a,
      () => hear('selection'),
    );
    store.set('a', 1);
    expect(store.get('a')).toBe(1);
    expect(calls).toEqual(['listener', 'subscriber', 'selection']);
    expect(errors.map(({ code, path, cause }) => [code, path, cause])).toEqual([
      ['LISTENER_THREW', 'a', cause],
      ['CALLBACK_THREW', 'a', cause],
    ]);
  });

  test('write what they return, below their scope, and rules apply to it', () => {
    const { store } = make({ cart: { net: 1, gross: 0, copy: 0 } });
    const seen: [string, number][] = [];
    const rounds = heard<unknown>();
    store.register({
      sync: [['cart.gross', 'cart.copy']],
      listeners: [
        { paths: ['cart.net'], scope: 'cart', fn: ([net]) => ({ gross: Number(net?.value) * 2 }) },
        {
          paths: ['cart.copy'],
          fn: (changes) => {
            for (const { path, lineage } of changes) seen.push([path, lineage]);
          },
        },
      ],
    });
    store.subscribe('cart', rounds.hear);
    store.set('cart.net', 5);
    expect(store.get('cart')).toEqual({ net: 5, gross: 10, copy: 10 });
    expect(seen).toEqual([['cart.copy', LINEAGE.isListenerChange | LINEAGE.isSyncPathChange]]);
    expect(rounds.calls).toEqual([{ net: 5, gross: 10, copy: 10 }]);
  });

  test('answer for the scope itself by the empty path', () => {
    const { store } = make({ a: 0, b: { c: 0 } });
    const fn = () => ({ '': { c: 1 } });
    store.register({ listeners: [{ paths: ['a'], scope: 'b', fn }] });
    store.set('a', 1);
    expect(store.getState()).toEqual({ a: 1, b: { c: 1 } });
  });

  test('write at once what they set themselves, before subscribers hear of anything', () => {
    const { store } = make({ a: 0, b: 0 });
    const order: unknown[] = [];
    store.register({
      listeners: [
        {
          paths: ['a'],
          fn: ([change]) => {
            store.set('b', change?.value as number);
            order.push(['listener', store.get('b')]);
          },
        },
        { paths: ['b'], fn: ([change]) => void order.push(['b', change?.lineage]) },
      ],
    });
    store.subscribe('', (state) => void order.push(state));
    store.set('a', 7);
    expect(order).toEqual([['listener', 7], ['b', LINEAGE.isListenerChange], { a: 7, b: 7 }]);
  });

  test('that answer themselves for ever are stopped, and everything up to there stands', () => {
    const { store, codes } = make({ count: 0 });
    const { calls, hear } = heard<unknown>();
    store.register({
      listeners: [{ paths: ['count'], fn: ([change]) => ({ count: Number(change?.value) + 1 }) }],
    });
    store.subscribe('count', hear);
    store.set('count', 1);
    expect(codes()).toEqual(['LISTENER_TOO_DEEP']);
    const reached = store.get('count');
    expect(reached).toBeGreaterThan(10);
    expect(calls).toEqual([reached]);
    store.set('count', -100);
    expect(store.get('count')).toBe(-100 + reached - 1);
  });

  test('that wake each other in ever growing numbers are stopped', () => {
    const { store, codes } = make({ x: 0 });
    let called = 0;
    const fn = () => {
      called += 1;
      return { x: called };
    };
    store.register({ listeners: Array.from({ length: 3 }, () => ({ paths: ['x'], fn })) });
    store.set('x', -1);
    expect(codes()).toEqual(['NOT_SETTLED']);
    expect(called).toBe(ANSWERS_MAX + 1);
    expect(store.get('x')).toBe(ANSWERS_MAX);
  });

  test('report answers that are refused, and others go on', () => {
    const { store, errors } = make<Record<string, unknown>>({ a: 0, text: 'x', b: 0 });
    store.register({
      listeners: [
        { paths: ['a'], fn: () => ({ 'text.below': 1, b: 9 }) },
        { paths: ['a'], fn: () => [['b', 1]] },
        // @ts-expect-error: no answer
        { paths: ['b'], fn: () => 'what' },
      ],
    });
    store.set('a', 1);
    expect(store.getState()).toEqual({ a: 1, text: 'x', b: 1 });
    expect(errors.map(({ code, path }) => [code, path])).toEqual([
      ['THROUGH_PRIMITIVE', 'text.below'],
      ['MALFORMED_INPUT', undefined],
    ]);
  });

  test('may dispose of each other, and of the store', () => {
    const { store, codes } = make({ a: 0 });
    const { calls, hear } = heard<unknown>();
    let second: Registration | undefined;
    store.register({ listeners: [{ paths: ['a'], fn: () => second?.dispose() }] });
    second = store.register({ listeners: [{ paths: ['a'], fn: hear }] });
    store.set('a', 1);
    expect(calls).toEqual([]);
    store.register({ listeners: [{ paths: ['a'], fn: () => store.dispose() }] });
    store.subscribe('a', hear);
    store.set('a', 2);
    expect(calls).toEqual([]);
    expect(codes()).toEqual([]);
    expect(refusal(() => store.get('a')).code).toBe('STORE_DISPOSED');
  });

  test('are silent once they are disposed of, rules too', () => {
    const { store } = make({ a: 0, b: 0 });
    const { calls, hear } = heard<unknown>();
    const registration = store.register({
      sync: [['a', 'b']],
      listeners: [{ paths: ['a'], fn: hear }],
      concerns: { a: { high: { GT: ['a', 1] } } },
    });
    store.subscribeConcerns('a', hear);
    registration.dispose();
    registration.dispose();
    expect(calls).toEqual([{}]);
    store.set('a', 5);
    expect(store.getState()).toEqual({ a: 5, b: 0 });
    expect(store.getConcerns('a')).toEqual({});
    expect(calls).toHaveLength(1);
  });
});

overEveryEngine('subscribers', (make) => {
  test('that write start a transaction of their own, told after this one', () => {
    const { store } = make({ a: 0, b: 0 });
    const order: unknown[] = [];
    store.subscribe('a', (value) => {
      order.push(['first', value]);
      if (value < 3) store.set('a', value + 1);
      order.push(['set', store.get('a')]);
    });
    store.subscribe('a', (value) => void order.push(['second', value]));
    store.set('a', 1);
    expect(order).toEqual([
      ['first', 1],
      ['set', 2],
      ['second', 1],
      ['first', 2],
      ['set', 3],
      ['second', 2],
      ['first', 3],
      ['set', 3],
      ['second', 3],
    ]);
  });

  test('that write for ever are stopped with an error, and the state is right', () => {
    const { store, codes } = make({ a: 0 });
    let called = 0;
    const stop = store.subscribe('a', (value) => {
      called += 1;
      store.set('a', value + 1);
    });
    store.set('a', 1);
    expect(codes()).toEqual(['NOT_SETTLED']);
    expect(called).toBe(ROUNDS_MAX);
    expect(store.get('a')).toBe(ROUNDS_MAX + 1);
    stop();
    const { calls, hear } = heard<unknown>();
    store.subscribe('a', hear);
    store.set('a', 0);
    expect(calls).toEqual([0]);
  });

  test('get the refusal of what they write', () => {
    const { store, errors } = make<Record<string, unknown>>({ a: 0 });
    store.subscribe('a', () => store.set('a.b', 1));
    store.set('a', 1);
    expect(errors.map(({ code, cause }) => [code, (cause as { code: string }).code])).toEqual([
      ['CALLBACK_THREW', 'THROUGH_PRIMITIVE'],
    ]);
  });

  test('may come and go within a callback', () => {
    const { store } = make({ a: 0 });
    const { calls, hear } = heard<unknown>();
    let stopSecond = () => {};
    const stopFirst = store.subscribe('a', (value) => {
      hear(['first', value]);
      stopFirst();
      stopSecond();
      store.subscribe('a', (later) => hear(['third', later]));
    });
    stopSecond = store.subscribe('a', (value) => hear(['second', value]));
    store.set('a', 1);
    expect(calls).toEqual([['first', 1]]);
    store.set('a', 2);
    expect(calls).toEqual([
      ['first', 1],
      ['third', 2],
    ]);
  });

  test('may dispose of the store', () => {
    const { store, codes } = make({ a: 0 });
    const { calls, hear } = heard<unknown>();
    store.subscribe('a', () => store.dispose());
    store.subscribe('a', hear);
    store.set('a', 1);
    expect([calls, codes()]).toEqual([[], []]);
  });

  test('are told of an error of onError by the platform, and nothing is thrown', () => {
    const { store, errors } = make({ a: 0 });
    errors.push = () => {
      throw new Error('onError is broken');
    };
    const { calls, hear } = heard<unknown>();
    const onError = globalThis.reportError;
    globalThis.reportError = hear;
    try {
      store.subscribe('a', () => {
        throw new Error('a subscriber is broken');
      });
      store.set('a', 1);
    } finally {
      globalThis.reportError = onError;
    }
    expect(calls.map(String)).toEqual(['Error: onError is broken']);
  });
});

overEveryEngine('a refused batch', (make) => {
  test.each<[code: string, path: string | undefined, changes: [string, unknown][]]>([
    [
      'THROUGH_PRIMITIVE',
      'text.below',
      [
        ['a', 1],
        ['text.below', 1],
      ],
    ],
    [
      'PAST_ARRAY_END',
      'list.3',
      [
        ['a', 1],
        ['list.3', 1],
      ],
    ],
    [
      'NOT_AN_INDEX',
      'list.x',
      [
        ['a', 1],
        ['list.x', 1],
      ],
    ],
    [
      'COMPUTED_TARGET',
      'sum',
      [
        ['a', 1],
        ['sum', 1],
      ],
    ],
    [
      'PATH_TOO_DEEP',
      undefined,
      [
        ['a', 1],
        [Array(80).fill('x').join('.'), 1],
      ],
    ],
  ])('with %s leaves everything as it was', (code, path, changes) => {
    const { store } = make<Record<string, unknown>>({ a: 0, text: 'x', list: [0], sum: 0 });
    store.register({ computations: [['SUM', 'sum', 'a']] });
    const { calls, hear } = heard<unknown>();
    store.subscribe('', hear);
    store.register({ listeners: [{ paths: [''], fn: hear }] });
    const before = store.getState();
    const refused = refusal(() => store.setMany(changes));
    expect(refused.code).toBe(code);
    if (path !== undefined) expect(refused.path).toBe(path);
    expect(store.getState()).toBe(before);
    expect(calls).toEqual([]);
    store.set('a', 2);
    expect(store.get('sum')).toBe(2);
  });

  test('of a value whose reading writes to the store leaves everything as it was', () => {
    const { store } = make<Record<string, unknown>>({ a: 0, b: 0 });
    const before = store.getState();
    const writing = (write: () => void) =>
      new Proxy(
        { x: 1 },
        {
          ownKeys: (target) => {
            write();
            return Reflect.ownKeys(target);
          },
        },
      );
    for (const write of [
      () => store.set('b', 1),
      () => store.subscribe('b', () => {}),
      () => store.register({ sync: [['a', 'b']] }),
    ]) {
      expect(refusal(() => store.set('a', writing(write))).code).toBe('RE_ENTERED');
    }
    expect(store.getState()).toBe(before);
    store.set('a', 1);
    expect(store.getState()).toEqual({ a: 1, b: 0 });
  });

  test('of rules leaves none of them', () => {
    const { store } = make({ a: 0, b: 1 });
    const { calls, hear } = heard<unknown>();
    const refused = refusal(() =>
      store.register({
        sync: [['a', 'b']],
        listeners: [{ paths: ['a'], fn: hear }],
        concerns: { a: { on: { EXISTS: 'a' } } },
        aggregations: [['a', 'a']],
      }),
    );
    expect(refused.code).toBe('AGGREGATION_CYCLE');
    store.set('a', 5);
    expect(store.getState()).toEqual({ a: 5, b: 1 });
    expect([calls, store.getConcerns('a')]).toEqual([[], {}]);
  });

  test('of malformed rules has a code', () => {
    const { store } = make({ a: 0 });
    for (const [code, rules] of [
      ['CALLBACK_INVALID', { listeners: [{ paths: ['a'] }] }],
      ['MALFORMED_RULE', { listeners: [{ fn: () => {} }] }],
      ['MALFORMED_RULE', { concerns: { a: { on: null } } }],
      ['MALFORMED_RULE', { concerns: { a: { on: 'yes' } } }],
      ['MALFORMED_RULE', { concerns: { a: null } }],
      ['MALFORMED_RULE', { concerns: { a: { on: { NO: 1 } } } }],
      ['MALFORMED_RULE', { sync: [['a']] }],
      ['SCHEMA_INVALID', { concerns: { a: { validation: { schema: {} } } } }],
      ['MALFORMED_RULE', null],
      ['MALFORMED_RULE', 1],
    ] as const) {
      expect([rules, refusal(() => store.register(rules as never)).code]).toEqual([rules, code]);
    }
  });
});

overEveryEngine('odd keys and values', (make, makeEngine) => {
  test('the last write wins when one batch writes two members of a sync group', () => {
    const { store } = make({ a: 0, b: 0, c: 0 });
    store.register({
      sync: [
        ['a', 'b'],
        ['b', 'c'],
      ],
    });
    store.setMany([
      ['a', 1],
      ['c', 2],
    ]);
    expect(store.getState()).toEqual({ a: 2, b: 2, c: 2 });
  });

  test('lone surrogates and any unicode are kept in keys and values', () => {
    const { store } = make<Record<string, unknown>>({});
    for (const text of ['\ud800', 'a\udc00b', '🌡', 'ключ', '\u0000', ' ', '[*]']) {
      const { calls, hear } = heard<unknown>();
      store.subscribe(`keys.${text}`, hear);
      store.set(`keys.${text}`, text);
      expect(store.get(`keys.${text}`)).toBe(text);
      expect(calls).toEqual([text]);
      expect(Object.keys(store.get('keys') as object)).toContain(text);
    }
  });

  test('opaque values keep their identity and are not frozen', () => {
    const [date, map] = [new Date(0), new Map()];
    const { store } = make({ date, nested: { map }, other: 1 });
    store.set('other', 2);
    expect(store.get('date')).toBe(date);
    expect(store.get('nested.map')).toBe(map);
    expect(store.getState().date).toBe(date);
    expect(Object.isFrozen(date) || Object.isFrozen(map)).toBe(false);
  });

  test('undefined is a value, and absent is none', () => {
    const { store } = make<{ a?: number | undefined; b: number }>({ b: 1 });
    expect(Object.hasOwn(store.getState(), 'a')).toBe(false);
    const { calls, hear } = heard<unknown>();
    store.subscribe('', hear);
    store.set('a', undefined);
    const isThere = Object.hasOwn(store.getState(), 'a');
    expect(store.get('a')).toBeUndefined();
    expect(calls.length).toBe(isThere ? 1 : 0);
    store.set('a', 1);
    store.set('a', undefined);
    expect(Object.hasOwn(store.getState(), 'a')).toBe(true);
  });

  test('keys that JavaScript knows are data and reach no prototype', () => {
    const { store } = make<Record<string, unknown>>({});
    const polluted = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": 2}}');
    store.set('__proto__.polluted', 1);
    store.set('constructor.prototype.polluted', 1);
    store.set('a.__proto__.polluted', 1);
    store.set('b', polluted);
    store.setMany(JSON.parse('{"__proto__": {"polluted": 2}}'));
    store.register({
      concerns: JSON.parse(
        '{"__proto__": {"__proto__": {"EXISTS": "a"}, "constructor": {"text": "x"}}}',
      ),
    });
    expect(store.get('__proto__.polluted')).toBe(2);
    expect(store.get('b.__proto__.polluted')).toBe(1);
    expect(store.get('toString')).toBeUndefined();
    expect(
      Object.getOwnPropertyDescriptor(store.getConcerns('__proto__'), '__proto__')?.value,
    ).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(Object.hasOwn(Object, 'polluted')).toBe(false);
  });

  test('20,000 keys that come and go leave no more than was there', { timeout: 60_000 }, () => {
    const engine = makeEngine();
    const { store } = make<{ rows: Record<string, number> }>({ rows: {} }, engine);
    for (let at = 0; at < 20_000; at++) {
      const stop = store.subscribe(`rows.key${at}`, () => {});
      const stopConcerns = store.subscribeConcerns(`rows.key${at}`, () => {});
      if (at % 100 === 0) {
        store
          .register({ concerns: { [`rows.key${at}`]: { on: { EXISTS: `rows.key${at}` } } } })
          .dispose();
      }
      store.set('rows', { [`key${at}`]: at });
      stop();
      stopConcerns();
    }
    expect(store.getState()).toEqual({ rows: { key19999: 19_999 } });
    if (engine instanceof WasmEngine) {
      expect(engine.sizes.strings).toBeLessThan(100);
      expect(engine.sizes.engineBytes).toBeLessThan(1_000_000);
    }
  });
});
