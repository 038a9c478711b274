// Writes typebox.json: a schema by TypeBox, which is its own type, and what TypeBox says of values.
// `npm install @sinclair/typebox@0.34.52`, then `node typebox.mjs > typebox.json`.
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const Reading = Type.Object(
  {
    sensor: Type.String({ minLength: 2, pattern: '^[a-z]+$', description: 'Which it is.' }),
    value: Type.Number({ exclusiveMinimum: -273.15, maximum: 1000 }),
    count: Type.Integer({ minimum: 0, multipleOf: 5 }),
    unit: Type.Union([Type.Literal('C'), Type.Literal('F')], { default: 'C' }),
    label: Type.Optional(Type.String()),
    error: Type.Union([Type.String(), Type.Null()]),
    history: Type.Array(Type.Number(), { maxItems: 3, uniqueItems: true }),
    names: Type.Record(Type.String(), Type.Boolean(), { maxProperties: 2 }),
    where: Type.Object({ x: Type.Number(), y: Type.Number() }, { additionalProperties: false }),
    shape: Type.Union([
      Type.Object({ kind: Type.Literal('circle'), radius: Type.Number({ minimum: 0 }) }),
      Type.Object({ kind: Type.Literal('square'), side: Type.Number() }),
    ]),
    pair: Type.Tuple([Type.String(), Type.Integer()]),
    level: Type.Literal(3),
    any: Type.Unknown(),
    both: Type.Intersect([Type.Object({ a: Type.String() }), Type.Object({ b: Type.Optional(Type.Number()) })]),
  },
  { title: 'SensorReading' },
);
const base = { sensor: 'ab', value: 1, count: 5, unit: 'C', error: null, history: [1, 2], names: { a: true }, where: { x: 1, y: 2 }, shape: { kind: 'circle', radius: 1 }, pair: ['a', 1], level: 3, any: 1, both: { a: 'a' } };
const changes = [
  ['sensor', 'a'], ['sensor', 'AB'], ['sensor', 'abc'], ['value', -273.15], ['value', -273], ['value', 1000], ['value', 1001], ['count', 4], ['count', 10], ['count', -5], ['count', 5.5], ['unit', 'F'], ['unit', 'K'], ['label', 'x'], ['label', 1],
  ['error', 'x'], ['error', 1], ['history', [1, 1]], ['history', [1, 2, 3, 4]], ['history', []], ['names', {}], ['names', { a: 1 }], ['names', { a: true, b: true, c: true }], ['where', { x: 1 }], ['where', { x: 1, y: 2, z: 3 }],
  ['shape', { kind: 'square', side: 2 }], ['shape', { kind: 'circle', side: 2 }], ['shape', { kind: 'circle', radius: -2 }], ['shape', { kind: 'oval' }], ['pair', ['a']], ['pair', ['a', 1, 2]], ['pair', [1, 'a']], ['level', 2], ['level', 3], ['any', null], ['any', {}],
  ['both', { a: 'a', b: 1 }], ['both', { b: 1 }], ['both', { a: 'a', b: 'x' }], ['more', 1],
];
const absent = ['sensor', 'label', 'error', 'any', 'both'];
const ok = (value) => Value.Check(Reading, value);
process.stdout.write(`${JSON.stringify(
  {
    by: 'TypeBox 0.34',
    schema: Reading,
    base,
    changes: changes.map(([name, value]) => [name, value, ok({ ...base, [name]: value })]),
    absent: absent.map((name) => [name, ok(Object.fromEntries(Object.entries(base).filter(([key]) => key !== name)))]),
  },
  null,
  1,
)}\n`);
