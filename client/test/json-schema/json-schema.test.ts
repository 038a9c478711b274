import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import initEngine, { AimDbError, type ContractFile, WasmDb } from '@aimdb/wasm';
import init, { fromJsonSchema, SchemaError, toJsonSchema } from '@aimdb/wasm/json-schema';

describe('before init', () => {
  it('says what to do', () => {
    expect(() => fromJsonSchema({})).toThrowError(/`await init\(\)` first.*json-schema/);
  });
});

describe('JSON Schema', () => {
  beforeAll(async () => {
    await Promise.all([init(), initEngine()]);
  });

  const Order = z
    .object({
      id: z.string().regex(/^[A-Z]+$/),
      state: z.enum(['open', 'paid']).default('open'),
      lines: z.array(z.object({ count: z.int().min(1), price: z.number() })).max(2),
      note: z.string().optional(),
      by: z.discriminatedUnion('type', [
        z.object({ type: z.literal('user'), name: z.string() }),
        z.object({ type: z.literal('robot') }),
      ]),
    })
    .meta({ title: 'Order' });

  it("becomes a contract, Zod's for one, that a database takes and judges by", () => {
    const contract = fromJsonSchema(z.toJSONSchema(Order, { io: 'input' }));
    expect(contract.name).toBe('order');
    const db = new WasmDb();
    db.registerContract(contract);
    db.configureRecord('an.order', { contract, buffer: 'SingleLatest' });
    const order = { id: 'A', lines: [{ count: 1, price: 0.5 }], by: { type: 'robot' } };
    db.set('an.order', order);
    expect(db.get('an.order')).toEqual({ ...order, state: 'open' });
    for (const wrong of [
      { ...order, id: 'a' },
      { ...order, lines: [{ count: 0, price: 1 }] },
      { ...order, by: { type: 'user' } },
    ]) {
      expect(() => db.set('an.order', wrong)).toThrowError(/order/);
      expect(Order.safeParse(wrong).success).toBe(false);
    }
    db.free();
  });

  it('is made of a contract, and becomes the same again', () => {
    const contract = {
      name: 'tank',
      version: 2,
      doc: 'A täñk 😀.',
      fields: [
        { name: 'level', kind: 'f32', min: -0.5, unit: 'm' },
        { name: 'at', kind: 'time' },
        { name: 'next', kind: { nullable: { contract: 'tank' } } },
        { name: 'any', kind: 'json', optional: true, default: [1, null, { a: true }] },
      ],
    } as const satisfies ContractFile;
    const schema = toJsonSchema(contract);
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'tank',
      properties: { level: { type: 'number', format: 'float', minimum: -0.5 } },
      required: ['level', 'at', 'next'],
    });
    expect(fromJsonSchema(schema)).toEqual(contract);
  });

  it('takes a name and a version as options, and no others', () => {
    const schema = { properties: { a: { type: 'boolean' } } };
    expect(fromJsonSchema(schema, { name: 'a.b', version: 3 })).toMatchObject({
      name: 'a.b',
      version: 3,
    });
    for (const options of [{ nme: 'a' }, { name: 3 }, { version: 0 }, { version: 1.5 }]) {
      expect(() => fromJsonSchema(schema, options as object)).toThrowError(
        expect.objectContaining({ code: 'OPTIONS_INVALID' }),
      );
    }
  });

  it('is refused by the keyword that a contract cannot say, and its place', () => {
    const schema = { title: 'a', properties: { 'b/c': { type: 'array', contains: {} } } };
    let error: unknown;
    try {
      fromJsonSchema(schema);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SchemaError);
    expect(error).toBeInstanceOf(AimDbError);
    expect(error).toMatchObject({
      code: 'SCHEMA_UNSUPPORTED',
      keyword: 'contains',
      pointer: '/properties/b~1c',
      message: 'schema: contains at /properties/b~1c: a list has elements of one kind',
    });
    expect(() =>
      fromJsonSchema({ title: 'a', properties: { b: { type: 'string', pattern: '(' } } }),
    ).toThrowError(expect.objectContaining({ keyword: 'pattern', pointer: '/properties/b' }));
  });

  it('is not made of what is no contract', () => {
    for (const [field, keyword] of [
      [{ name: 'a', kind: 'number' }, 'kind'],
      [{ name: 'a', kind: { lst: 'u8' } }, 'kind'],
      [{ name: 'a', kind: 'u8', minimum: 3 }, 'minimum'],
      [{ name: 'a', kind: 'bytes', maxLength: 3 }, 'maxLength'],
    ] as const) {
      expect(() => toJsonSchema({ name: 'x', fields: [field] } as never)).toThrowError(
        expect.objectContaining({ keyword, pointer: expect.stringContaining('/fields/0') }),
      );
    }
  });

  it('has to be JSON', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    let deep: object = {};
    for (let depth = 0; depth < 100; depth++) deep = { items: deep };
    for (const schema of [cyclic, deep, 3, null, { a: 3n }]) {
      expect(() => fromJsonSchema(schema as object)).toThrowError(AimDbError);
    }
  });
});
