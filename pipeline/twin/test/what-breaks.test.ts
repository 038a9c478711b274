/** What breaks engines of this kind, one sentence each. */
import { describe, expect, test } from 'vitest';
import {
  Engine,
  LINEAGE,
  LISTENER_DEPTH_MAX,
  PipelineError,
  type Report,
  type Rules,
  type UserChange,
} from '../src/index.js';

function engineWith(initial: unknown, rules: Rules = {}, passes?: number): Engine {
  const engine = new Engine(passes === undefined ? {} : { passes });
  engine.process([['', initial]]);
  engine.register(rules);
  return engine;
}

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof PipelineError) return error.code;
    throw error;
  }
  return 'accepted';
}

/** The reported paths with the names of their lineage. */
function lineages(report: Report): [path: string, ...names: string[]][] {
  return report.changes.map(({ path, lineage }) => {
    const names = Object.entries(LINEAGE).filter(([, bit]) => (lineage & bit) !== 0);
    return [path, ...names.map(([name]) => name)];
  });
}

describe('a refused batch leaves everything as it was', () => {
  const sum: Rules = { computations: [['SUM', 't', 's']] };
  const circle: Rules = {
    oneWay: [
      ['a', 'b.x'],
      ['b', 'a.x'],
    ],
  };
  const deep = Array.from({ length: 65 }, () => 'a').join('.');
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  test.each<[code: string, initial: unknown, rules: Rules, changes: UserChange[]]>([
    [
      'PAST_ARRAY_END',
      { xs: [1] },
      {},
      [
        ['a', 1],
        ['xs.2', 1],
      ],
    ],
    [
      'PAST_ARRAY_END',
      {},
      {},
      [
        ['a', { k: [1] }],
        ['xs.1', 1],
      ],
    ],
    [
      'NOT_AN_INDEX',
      { xs: [] },
      {},
      [
        ['a', 1],
        ['xs.01', 1],
      ],
    ],
    ['NOT_AN_INDEX', { xs: [] }, {}, [['xs.length', 3]]],
    [
      'THROUGH_PRIMITIVE',
      { a: 1 },
      {},
      [
        ['b', 1],
        ['a.k.deep', 2],
      ],
    ],
    ['THROUGH_PRIMITIVE', { a: 'text' }, {}, [['a.0', 2]]],
    ['THROUGH_PRIMITIVE', { a: new Date(0) }, {}, [['a.year', 2]]],
    [
      'COMPUTED_TARGET',
      { s: 1 },
      sum,
      [
        ['s', 2],
        ['t', 9],
      ],
    ],
    [
      'COMPUTED_TARGET',
      { s: 1 },
      sum,
      [
        ['s', 2],
        ['t.deeper', 9],
      ],
    ],
    [
      'NOT_SETTLED',
      {},
      circle,
      [
        ['c', 1],
        ['a', { k: 1 }],
      ],
    ],
    [
      'PATH_TOO_DEEP',
      {},
      {},
      [
        ['c', 1],
        [deep, 1],
      ],
    ],
    [
      'PATH_TOO_DEEP',
      {},
      {},
      [
        ['c', 1],
        ['a', cyclic],
      ],
    ],
    [
      'MALFORMED_INPUT',
      {},
      {},
      [
        ['c', 1],
        [5 as unknown as string, 1],
      ],
    ],
  ])('%s %#', (code, initial, rules, changes) => {
    const engine = engineWith(initial, rules);
    const before = engine.state;
    expect(codeOf(() => engine.process(changes))).toBe(code);
    expect(engine.state).toBe(before);
    expect(engine.process([['fine', 1]]).changes).toHaveLength(1);
  });

  test('and so does one from listeners that answer each other for ever', () => {
    const engine = engineWith({});
    const depth = { listenerDepth: LISTENER_DEPTH_MAX + 1 };
    expect(codeOf(() => engine.process([['a', 1]], depth))).toBe('LISTENER_TOO_DEEP');
    expect(engine.state).toEqual({});
  });
});

describe('registrations that cannot work are refused whole', () => {
  const nested = Array.from({ length: 40 }).reduce<unknown>((logic) => ({ NOT: logic }), {
    EXISTS: 'a',
  });
  const odd = (rules: unknown) => rules as Rules;
  test.each<[code: string, rules: Rules]>([
    ['AGGREGATION_CYCLE', { aggregations: [['t', 't']] }],
    ['AGGREGATION_CYCLE', { aggregations: [['t', 't.x']] }],
    [
      'AGGREGATION_CYCLE',
      {
        aggregations: [
          ['t', 's'],
          ['s', 'r'],
        ],
      },
    ],
    [
      'AGGREGATION_CYCLE',
      {
        aggregations: [
          ['s', 'r'],
          ['t', 's'],
        ],
      },
    ],
    [
      'COMPUTATION_CYCLE',
      {
        computations: [
          ['SUM', 't', 's'],
          ['SUM', 's', 'r'],
          ['SUM', 'r', 't'],
        ],
      },
    ],
    [
      'TARGET_TAKEN',
      {
        computations: [
          ['SUM', 't', 's'],
          ['AVG', 't', 's'],
        ],
      },
    ],
    ['TARGET_TAKEN', { aggregations: [['t', 'x']], computations: [['SUM', 't', 'y']] }],
    ['NESTED_MEMBERS', { sync: [['x', 'x.y']] }],
    [
      'NESTED_MEMBERS',
      {
        sync: [
          ['x', 'y'],
          ['y', 'x.z'],
        ],
      },
    ],
    ['NESTED_MEMBERS', { oneWay: [['x', 'x.y']] }],
    ['NESTED_MEMBERS', { flip: [['x.y', 'x']] }],
    ['UNBOUND_WILDCARD', { clears: [{ triggers: ['p.[*].q', 'r'], targets: ['d.[*]'] }] }],
    ['LOGIC_TOO_DEEP', odd({ conditions: [nested] })],
    ['MALFORMED_RULE', odd({ conditions: [{ LIKE: ['a', 'x'] }] })],
    ['MALFORMED_RULE', odd({ conditions: [{ GT: ['a', '1'] }] })],
    ['MALFORMED_RULE', odd({ conditions: [null] })],
    ['MALFORMED_RULE', odd({ conditions: [{ EXISTS: 'a', IS_EMPTY: 'a' }] })],
    ['MALFORMED_RULE', odd({ choices: [{ IF: ['a', 1] }] })],
    ['MALFORMED_RULE', odd({ sync: [['a']] })],
    ['MALFORMED_RULE', odd({ computations: [['MAX', 't', 's']] })],
  ])('%s %#', (code, rules) => {
    const engine = engineWith({ a: 1, b: 2 });
    const before = engine.state;
    const whole = { ...rules, sync: [...(rules.sync ?? []), ['a', 'b'] as const] };
    expect(codeOf(() => engine.register(whole))).toBe(code);
    expect(engine.state).toBe(before);
    engine.process([['a', 9]]);
    expect(engine.state, 'nothing of it stayed').toEqual({ a: 9, b: 2 });
  });
});

describe('values survive unharmed', () => {
  const date = new Date(0);
  test.each([
    Number.NaN,
    -0,
    Number.NEGATIVE_INFINITY,
    'x'.repeat(1 << 20),
    'a\uD800',
    '__undefined__',
  ])('plain %#', (value) => {
    const engine = engineWith({ v: 1, w: 2 }, { sync: [['v', 'w']] });
    engine.process([['v', value]]);
    expect(engine.state).toStrictEqual({ v: value, w: value });
    expect(engine.process([['v', value]]).keptCount).toBe(0);
  });

  test('an opaque value is passed on as it is and never dropped', () => {
    const engine = engineWith({}, { sync: [['v', 'w']] });
    engine.process([['v', date]]);
    expect(engine.get('w')).toBe(date);
    const report = engine.process([['v', date]]);
    expect([report.keptCount, lineages(report)]).toEqual([1, [['v']]]);
  });

  test('a key like __proto__ or one with a dot is a key like any other', () => {
    const engine = engineWith({});
    engine.process([['__proto__.x', 1]]);
    engine.process([['k', JSON.parse('{"__proto__": {"y": 2}, "a.b": 3}')]]);
    expect(engine.get('__proto__.x')).toBe(1);
    expect(engine.get('k.__proto__.y')).toBe(2);
    expect(engine.get('k.a.b')).toBeUndefined();
    expect([({} as Record<string, unknown>).x, ({} as Record<string, unknown>).y]).toEqual([
      undefined,
      undefined,
    ]);
    engine.register({ clears: [{ triggers: ['go'], targets: ['k.[*]'], expandMatch: true }] });
    engine.process([['go', 1]]);
    expect(Object.entries(engine.get('k') as object)).toEqual([
      ['__proto__', null],
      ['a.b', null],
    ]);
  });

  test('what a user hands in stays theirs, and holes are undefined', () => {
    const engine = engineWith({});
    const given = { list: Object.assign([1, 2, 3], { length: 4 }) };
    engine.process([['v', given]]);
    given.list.push(4);
    expect(engine.state).toStrictEqual({ v: { list: [1, 2, 3, undefined] } });
  });

  test('what a copy would not have is refused with its path, and nothing of it is run', () => {
    const engine = engineWith({});
    const looked = {
      get now() {
        throw new Error('looked');
      },
    };
    const refused: [unknown, string][] = [
      [looked, 'v.now'],
      [{ a: [0, looked] }, 'v.a.1.now'],
      [{ set b(_: unknown) {} }, 'v.b'],
      [[{ [Symbol.for('s')]: 1 }], 'v.0.Symbol(s)'],
    ];
    for (const [value, path] of refused) {
      const batch = () =>
        engine.process([
          ['w', 1],
          ['v', value],
        ] as never);
      expect(batch).toThrow(expect.objectContaining({ code: 'NOT_DATA', path }));
      expect(engine.state).toEqual({});
    }
  });
});

describe('rules', () => {
  test('two members written together end with the last, also below each other', () => {
    const engine = engineWith(
      { a: 1, b: 1, c: 1 },
      {
        sync: [
          ['a', 'b'],
          ['b', 'c'],
        ],
      },
    );
    engine.process([
      ['a', 2],
      ['b', 3],
    ]);
    expect(engine.state).toEqual({ a: 3, b: 3, c: 3 });
    engine.process([['a', {}]]);
    engine.process([
      ['b', { o: { x: 2 }, k: 1 }],
      ['a.o', { x: 1 }],
      ['c.o.x', 7],
    ]);
    const all = { o: { x: 7 }, k: 1 };
    expect(engine.state).toEqual({ a: all, b: all, c: all });
  });

  test('a single pass leaves what a second would settle', () => {
    const circle: Rules = {
      oneWay: [
        ['a', 'b.x'],
        ['b', 'a.x'],
      ],
    };
    const engine = engineWith({}, circle, 1);
    engine.process([['a', { k: 1 }]]);
    expect(engine.state).toEqual({ a: { k: 1 }, b: { x: { k: 1 } } });
  });

  test('lineage is cumulative and the sender travels with it', () => {
    const engine = engineWith(
      { all: 0, s1: 0, m: 0, sum: 0 },
      { aggregations: [['all', 's1']], sync: [['s1', 'm']], computations: [['SUM', 'sum', 'm']] },
    );
    const report = engine.process([['all', 2, { sender: 'feed' }]], { listenerDepth: 1 });
    expect(lineages(report)).toEqual([
      ['s1', 'isAggregationChange', 'isListenerChange'],
      ['m', 'isSyncPathChange', 'isAggregationChange', 'isListenerChange'],
      ['all', 'isAggregationChange', 'isListenerChange'],
      ['sum', 'isSyncPathChange', 'isAggregationChange', 'isComputationChange', 'isListenerChange'],
    ]);
    expect(report.changes.every(({ sender }) => sender === 'feed')).toBe(true);
  });

  test('what ends as it was is no change and wakes nobody', () => {
    const engine = engineWith(
      { a: null },
      { clears: [{ triggers: ['a'], targets: ['a'] }], listeners: [{ paths: [''] }] },
    );
    const { changes, plan, keptCount } = engine.process([['a', 5]]);
    expect([changes, plan, keptCount]).toEqual([[], [], 1]);
  });

  test('clears follow captures, and with expandMatch every key', () => {
    const rules = (expandMatch: boolean): Rules => ({
      clears: [{ triggers: ['a.[*].x'], targets: ['b[*]'], expandMatch }],
    });
    const initial = { a: { p: { x: 1 } }, b: { p: 1, q: 2 } };
    const [narrow, wide] = [engineWith(initial, rules(false)), engineWith(initial, rules(true))];
    for (const engine of [narrow, wide]) engine.process([['a.p.x', 2]]);
    expect([narrow.get('b'), wide.get('b')]).toEqual([
      { p: null, q: 2 },
      { p: null, q: null },
    ]);
  });

  test('listeners come deepest first, with paths relative to their scope', () => {
    const engine = engineWith(
      { u: { name: 'A', age: 1 } },
      {
        listeners: [
          { paths: [''] },
          { paths: ['u.name'], scope: 'u' },
          { paths: ['u.age'], scope: '' },
          { paths: ['u.name.first', 'x'], scope: 'u.name' },
          { paths: ['v'], scope: 'v' },
        ],
      },
    );
    const { plan } = engine.process([
      ['u', { name: 'B', age: 1 }],
      ['x', 1],
    ]);
    const seen = plan.map(({ listener, changes }) => [
      listener,
      changes.map((c) => c.relativePath),
    ]);
    expect(seen).toEqual([
      [3, ['', 'x']],
      [1, ['']],
      [2, ['u']],
      [0, ['u', 'x']],
    ]);
  });

  test('a registration sleeps while its anchor is gone and agrees anew when it wakes', () => {
    const engine = new Engine();
    engine.process([['', { a: 1, b: 1 }]]);
    const { ids } = engine.register({
      sync: [['a', 'b']],
      conditions: [['a', 1]],
      validators: [['a']],
      listeners: [{ paths: ['a'] }],
      anchor: 'form',
    });
    const asleep = engine.process([['a', 2]]);
    expect([asleep.conditions, asleep.validators, asleep.plan]).toEqual([[], [], []]);
    expect(engine.state).toEqual({ a: 2, b: 1 });
    const awake = engine.process([
      ['form', {}],
      ['b', 2],
    ]);
    expect([awake.conditions, awake.validators]).toEqual([
      [{ id: ids.conditions[0], holds: false }],
      [ids.validators[0]],
    ]);
    engine.process([['a', 3]]);
    expect(engine.get('b')).toBe(3);
  });

  test('a clear rule that wakes in a batch clears in it, whether or not others are there', () => {
    const rule: Rules = { clears: [{ triggers: ['go'], targets: ['x'] }], anchor: 'form' };
    const other: Rules = { clears: [{ triggers: ['elsewhere'], targets: ['y'] }] };
    for (const more of [[], [other]]) {
      const engine = engineWith({ x: 1 }, rule);
      for (const rules of more) engine.register(rules);
      engine.process([
        ['form', 1],
        ['go', 1],
      ]);
      expect(engine.get('x')).toBeNull();
    }
  });

  test('a target of several sources is read once when its rules wake, and again for what changed since', () => {
    const rules: Rules = {
      aggregations: [
        ['b.c', 'a.a'],
        ['b.d', 'a.d'],
        ['b.c', 'a.c', { NOT: { LTE: ['b.d', 0] } }],
      ],
      clears: [{ triggers: ['a.[*]'], targets: ['a.a'] }],
      anchor: 'a.a',
    };
    const engine = engineWith({}, rules);
    const report = engine.process([
      ['a.a', 'true'],
      ['a.d', 0],
    ]);
    const ofTarget = lineages(report).find(([path]) => path === 'b.c');
    expect(ofTarget).toEqual(['b.c', 'isAggregationChange', 'isClearPathChange']);
  });

  test('results of validators are dropped when they are those of before', () => {
    const engine = new Engine();
    const { ids } = engine.register({ validators: [['a', 'b.length'], ['c']] });
    const [first = -1, second = -1] = ids.validators;
    expect(
      engine.process([
        ['a', 1],
        ['b', [1]],
      ]).validators,
    ).toEqual([first]);
    expect(engine.process([['b.1', 1]]).validators).toEqual([first]);
    expect(engine.validatorPaths(first)).toEqual(['a', 'b.length']);
    expect(
      engine.acceptResults([
        [first, 'wrong'],
        [second, undefined],
        [99, 'nobody'],
      ]),
    ).toEqual([first, second]);
    expect(
      engine.acceptResults([
        [first, 'wrong'],
        [second, undefined],
      ]),
    ).toEqual([]);
    expect(
      engine.acceptResults([
        [second, {}],
        [second, {}],
      ]),
    ).toEqual([second, second]);
  });

  test('choices are reported when another literal is chosen, texts when their paths change', () => {
    const engine = engineWith({ n: 1 });
    const { ids } = engine.register({
      choices: [
        { MATCH: 'n', CASES: { 1: 'one', 2: { IF: { EXISTS: 'm' }, THEN: 'm', ELSE: 'two' } } },
      ],
      texts: ['n={{n}} {{ n }} {{}} {{m'],
    });
    expect(engine.value(ids.choices[0] ?? -1)).toBe('one');
    const report = engine.process([['n', 2]]);
    expect(report.choices).toEqual([{ id: ids.choices[0], value: 'two' }]);
    expect(report.texts.map((id) => engine.text(id))).toEqual(['n=2 {{ n }} {{}} {{m']);
    expect(engine.process([['n', 3]]).choices).toEqual([{ id: ids.choices[0], value: undefined }]);
  });
});
