/** Random values, paths and rules over a small alphabet, so that they meet. */
import fc from 'fast-check';
import type { BoolLogic } from '../../src/logic/logic.js';
import type { ConcernEntry, SideEffects } from '../../src/vectors/rules.js';

/** One change as tests write it. */
export type Changed = [path: string, value: unknown];

/** A program in the form of a case of kind `pipeline`, without what is expected. */
export interface Program {
  readonly initial: unknown;
  readonly passes?: number;
  readonly sideEffects: readonly SideEffects[];
  readonly concerns: readonly ConcernEntry[];
  readonly steps: readonly { readonly unregister?: string; readonly changes: Changed[] }[];
}

export const primitive: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(undefined, null, true, false, '', 'x', 'xy', 'true', '1'),
  fc.constantFrom(0, 1, 2, 3, 2.5, -0, Number.NaN, Number.POSITIVE_INFINITY),
);

/** Objects, arrays and primitives; keys are those of {@link path}. */
export const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: primitive },
    { weight: 1, arbitrary: fc.array(tie('any'), { maxLength: 3 }) },
    {
      weight: 2,
      arbitrary: fc.dictionary(fc.constantFrom('a', 'b', 'c', '0', '1'), tie('any'), {
        maxKeys: 3,
        noNullPrototype: true,
      }),
    },
  ),
})).any;

export const object = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, {
  maxKeys: 3,
  noNullPrototype: true,
});

const joined = (first: fc.Arbitrary<string>, rest: fc.Arbitrary<string[]>) =>
  fc.tuple(first, rest).map(([head, tail]) => [head, ...tail].join('.'));

export const path = joined(
  fc.constantFrom('a', 'b', 'c'),
  fc.array(fc.constantFrom('a', 'b', 'c', '0', '1'), { maxLength: 3 }),
);

/** One of eight paths that cannot lie above each other. */
export const leafPath = joined(
  fc.constantFrom('a', 'b'),
  fc.tuple(fc.constantFrom('a', 'b', 'c', 'd')),
);

export const changes = (paths: fc.Arbitrary<string>, values: fc.Arbitrary<unknown>) =>
  fc.array(fc.tuple(paths, values) as fc.Arbitrary<Changed>, { maxLength: 5 });

export function boolLogic(paths: fc.Arbitrary<string>): fc.Arbitrary<BoolLogic> {
  const read = fc.oneof({ weight: 9, arbitrary: paths }, { weight: 1, arbitrary: length(paths) });
  const limit = fc.constantFrom(0, 1, 2, 3);
  const items = fc.array(value, { maxLength: 3 });
  const leaf = fc.oneof(
    fc.tuple(read, value),
    fc.record({ IS_EQUAL: fc.tuple(read, value) }),
    fc.record({ EXISTS: read }),
    fc.record({ IS_EMPTY: read }),
    fc.record({ GT: fc.tuple(read, limit) }),
    fc.record({ LT: fc.tuple(read, limit) }),
    fc.record({ GTE: fc.tuple(read, limit) }),
    fc.record({ LTE: fc.tuple(read, limit) }),
    fc.record({ IN: fc.tuple(read, items) }),
    fc.record({ CONTAINS_ANY: fc.tuple(read, items) }),
    fc.record({ CONTAINS_ALL: fc.tuple(read, items) }),
  );
  return fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      { weight: 6, arbitrary: leaf },
      { weight: 1, arbitrary: fc.record({ AND: fc.array(tie('any'), { maxLength: 3 }) }) },
      { weight: 1, arbitrary: fc.record({ OR: fc.array(tie('any'), { maxLength: 3 }) }) },
      { weight: 1, arbitrary: fc.record({ NOT: tie('any') }) },
    ),
  })).any as fc.Arbitrary<BoolLogic>;
}

export function valueLogic(paths: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  const key = fc.constantFrom('x', 'xy', '', '0', '1', '2.5', 'true', 'false', 'NaN', 'Infinity');
  return fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      { weight: 1, arbitrary: primitive },
      {
        weight: 1,
        arbitrary: fc.record(
          { IF: boolLogic(paths), THEN: tie('any'), ELSE: tie('any') },
          { requiredKeys: ['IF', 'THEN'], noNullPrototype: true },
        ),
      },
      {
        weight: 1,
        arbitrary: fc.record(
          {
            MATCH: paths,
            CASES: fc.dictionary(key, tie('any'), { maxKeys: 4, noNullPrototype: true }),
            DEFAULT: tie('any'),
          },
          { requiredKeys: ['MATCH', 'CASES'], noNullPrototype: true },
        ),
      },
    ),
  })).any;
}

/** Registrations of every kind, and the batches after them. */
export function program(paths: fc.Arbitrary<string>): fc.Arbitrary<Program> {
  const name = fc.constantFrom('one', 'two');
  const step = fc.record(
    { unregister: name, changes: changes(paths, value) },
    { requiredKeys: ['changes'], noNullPrototype: true },
  );
  return fc.record(
    {
      initial: object,
      passes: fc.constantFrom(1, 4),
      sideEffects: fc.array(sideEffects(paths, name), { minLength: 1, maxLength: 3 }),
      concerns: fc.array(concerns(paths, name), { maxLength: 2 }),
      steps: fc.array(step, { minLength: 1, maxLength: 5 }),
    },
    { requiredKeys: ['initial', 'sideEffects', 'concerns', 'steps'], noNullPrototype: true },
  ) as fc.Arbitrary<Program>;
}

function sideEffects(
  paths: fc.Arbitrary<string>,
  name: fc.Arbitrary<string>,
): fc.Arbitrary<SideEffects> {
  const pairs = fc.array(fc.tuple(paths, paths), { minLength: 1, maxLength: 2 });
  const exclude = fc.option(boolLogic(paths), { nil: undefined, freq: 3 });
  const without = (entry: unknown[]) => (entry.at(-1) === undefined ? entry.slice(0, -1) : entry);
  const pattern = fc.oneof(
    paths,
    fc.constantFrom('a.[*]', 'b.[*].a', 'c[*]', 'a.[*].[*]', '[*].a', '[*]'),
  );
  const clear = fc.record({
    triggers: fc.array(pattern, { minLength: 1, maxLength: 2 }),
    targets: fc.array(pattern, { minLength: 1, maxLength: 2 }),
    expandMatch: fc.boolean(),
  });
  const operation = fc.constantFrom('SUM', 'AVG');
  return fc.record(
    {
      id: name,
      sync: pairs,
      directedSync: pairs,
      flip: pairs,
      aggregations: fc.array(fc.tuple(paths, paths, exclude).map(without), { maxLength: 3 }),
      computations: fc.array(fc.tuple(operation, paths, paths, exclude).map(without), {
        maxLength: 2,
      }),
      clearPaths: fc.array(clear, { maxLength: 2 }),
      listeners: fc.array(
        fc.record({ paths: fc.array(paths, { minLength: 1, maxLength: 2 }), scope: paths }),
        { maxLength: 2 },
      ),
      anchor: paths,
    },
    { requiredKeys: [], noNullPrototype: true },
  ) as fc.Arbitrary<unknown> as fc.Arbitrary<SideEffects>;
}

function concerns(
  paths: fc.Arbitrary<string>,
  name: fc.Arbitrary<string>,
): fc.Arbitrary<ConcernEntry> {
  const output = fc.constant('form.outcome');
  return fc.record(
    {
      id: name,
      bool: fc.array(fc.tuple(output, boolLogic(paths)), { maxLength: 2 }),
      value: fc.array(fc.tuple(output, valueLogic(paths)), { maxLength: 2 }),
      validators: fc.array(
        fc.tuple(fc.constant('validator'), output, fc.array(paths, { maxLength: 2 })),
        { maxLength: 2 },
      ),
      anchor: paths,
    },
    { requiredKeys: [], noNullPrototype: true },
  ) as fc.Arbitrary<ConcernEntry>;
}

function length(paths: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return paths.map((text) => `${text}.length`);
}
