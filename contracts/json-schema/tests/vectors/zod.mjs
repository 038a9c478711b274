// Writes zod.json: a schema by Zod's z.toJSONSchema, and what Zod says of values.
// `cp zod.mjs ../../../../client/x.mjs && node ../../../../client/x.mjs > zod.json`, since Zod is installed there.
import * as z from 'zod';

const Address = z.object({ street: z.string().min(1), zip: z.string().regex(/^\d{5}$/) }).meta({ id: 'Address' });
const Comment = z.object({
  text: z.string(),
  get answers() {
    return z.array(Comment).optional();
  },
});
const Order = z.object({
  id: z.uuid(),
  email: z.email(),
  state: z.enum(['open', 'paid']).default('open'),
  total: z.number().min(0).multipleOf(0.01),
  count: z.int().positive(),
  small: z.int32(),
  placed: z.iso.datetime(),
  note: z.string().max(5).optional(),
  tags: z.array(z.string()).min(1).max(3),
  meta: z.record(z.string(), z.number()),
  prices: z.record(z.enum(['net', 'gross']), z.number()),
  shipped: z.nullable(z.iso.date()),
  to: Address,
  from: Address,
  payment: z.discriminatedUnion('method', [
    z.object({ method: z.literal('card'), last4: z.string().length(4) }),
    z.strictObject({ method: z.literal('iban'), iban: z.string() }),
  ]),
  site: z.url(),
  pair: z.tuple([z.number(), z.string()]),
  any: z.unknown(),
  kind: z.literal('x'),
  side: z.union([z.literal('left'), z.literal('right')]),
  ok: z.boolean(),
  ip: z.ipv4(),
  photo: z.base64(),
  ref: z.cuid2(),
  time: z.iso.time(),
  both: z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() })),
  comments: z.array(Comment),
}).meta({ title: 'Order' });

const base = {
  id: '2eb8aa08-aa98-41ea-b4aa-73b441d16380', email: 'joe@example.com', state: 'open', total: 1.1, count: 1, small: -5, placed: '2024-02-29T01:02:03Z', tags: ['a'], meta: {}, prices: { net: 1, gross: 2 },
  shipped: null, to: { street: 'a', zip: '12345' }, from: { street: 'b', zip: '54321' }, payment: { method: 'card', last4: '1234' }, site: 'http://example.com/a', pair: [1, 'a'], any: [1, null], kind: 'x',
  side: 'left', ok: true, ip: '1.2.3.4', photo: 'aGk=', ref: 'abc', time: '01:02:03', both: { a: 'a', b: 1 }, comments: [],
};
const changes = [
  ['id', 'x'], ['email', 'joe'], ['state', 'paid'], ['state', 'lost'], ['total', 1.115], ['total', -1], ['total', 0.07], ['count', 0], ['count', 2.5], ['count', 7], ['small', 2147483648], ['placed', '2023-02-29T01:02:03Z'],
  ['note', '12345'], ['note', '123456'], ['tags', []], ['tags', ['a', 'b', 'c', 'd']], ['tags', [1]], ['meta', { a: 1, b: 2 }], ['meta', { a: 'x' }], ['prices', { net: 1 }], ['prices', { net: 1, gross: 2, more: 3 }], ['shipped', '2024-02-29'], ['shipped', '2024-02-30'],
  ['to', { street: '', zip: '12345' }], ['to', { street: 'a', zip: '1234' }], ['payment', { method: 'iban', iban: 'DE' }], ['payment', { method: 'iban', iban: 'DE', more: 1 }], ['payment', { method: 'card', iban: 'DE' }], ['payment', { method: 'cash' }], ['payment', {}],
  ['site', 'example'], ['pair', [1]], ['pair', [1, 'a', 2]], ['pair', ['a', 1]], ['any', { a: 1 }], ['any', 'x'], ['kind', 'y'], ['side', 'right'], ['side', 'top'], ['ok', 1], ['ip', '1.2.3.400'], ['photo', 'aGk'], ['ref', 'A B'], ['time', '25:00:00'],
  ['both', { a: 'a' }], ['both', { a: 'a', b: 1, c: 1 }], ['comments', [{ text: 'a', answers: [{ text: 'b' }] }]], ['comments', [{ text: 'a', answers: [{}] }]],
];
const absent = ['id', 'note', 'tags', 'shipped', 'to', 'any'];
const ok = (value) => Order.safeParse(value).success;
process.stdout.write(`${JSON.stringify(
  {
    by: 'Zod 4',
    // What goes in: there Zod leaves unknown fields out, as a contract does.
    schema: z.toJSONSchema(Order, { io: 'input' }),
    output: z.toJSONSchema(Order),
    base,
    changes: changes.map(([name, value]) => [name, value, ok({ ...base, [name]: value })]),
    absent: absent.map((name) => [name, ok(Object.fromEntries(Object.entries(base).filter(([key]) => key !== name)))]),
  },
  null,
  1,
)}\n`);
