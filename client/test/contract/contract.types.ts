/** Which contract files compile, and which values follow from them. Nothing runs: the type checker is the test. */
import {
  type AimDbSchemas,
  type ContractFile,
  type ContractInput,
  type ContractValue,
  defineContract,
  type JsonValue,
  type WasmDb,
} from '@aimdb/wasm';

/** Holds only if both types are the same. */
type Equal<LEFT, RIGHT> =
  (<T>() => T extends LEFT ? 1 : 2) extends <T>() => T extends RIGHT ? 1 : 2 ? true : false;
function expect<_CHECK extends true>(): void {}

const order = defineContract({
  name: 'order',
  version: 3,
  doc: 'What a customer wants.',
  icon: '',
  signal: 'total',
  unknownFields: 'ignore',
  fields: [
    { name: 'id', kind: 'text', minLength: 1, maxLength: 64, pattern: '^[A-Z0-9-]+$' },
    { name: 'state', kind: { enum: ['open', 'paid', 'sent'] }, default: 'open' },
    { name: 'total', kind: 'f64', min: 0, unit: 'EUR' },
    { name: 'placed', kind: 'time' },
    { name: 'lines', kind: { list: { contract: 'order_line' } }, minItems: 1, maxItems: 500 },
    { name: 'notes', kind: { map: { kind: 'text', maxLength: 20 } }, optional: true },
  ],
  contracts: [
    {
      name: 'order_line',
      version: 1,
      fields: [
        { name: 'article', kind: 'text' },
        { name: 'count', kind: 'u32', min: 1, default: 1 },
        { name: 'of', kind: { contract: 'order' }, optional: true },
      ],
    },
  ],
  migrations: [
    {
      from: 2,
      up: [
        { rename: ['sum', 'total'] },
        { add: { field: 'state', value: 'open' } },
        {
          when: {
            field: 'unit',
            is: 'ct',
            steps: [{ scale: { field: 'total', factor: 0.01, offset: 0 } }],
          },
        },
        { map: { field: 'state', values: [['new', 'open']] } },
        { drop: 'unit' },
      ],
      down: [{ rename: ['total', 'sum'] }],
    },
  ],
});

// ---- what is read

interface Line {
  readonly article: string;
  readonly count: number;
  readonly of?: Order;
}
interface Order {
  readonly id: string;
  readonly state: 'open' | 'paid' | 'sent';
  readonly total: number;
  readonly placed: number;
  readonly lines: readonly Line[];
  readonly notes?: { readonly [name: string]: string };
}
expect<Equal<ContractValue<typeof order>, Order>>();
expect<Equal<ContractValue<typeof order, 'order_line'>, Line>>();

declare const read: ContractValue<typeof order>;
export const article: string | undefined = read.lines[0]?.of?.lines[0]?.article;
// @ts-expect-error: frozen
read.total = 1;
// @ts-expect-error: frozen all the way down
read.lines.push();
// @ts-expect-error: no such field
read.sum;
// @ts-expect-error: may be absent
read.notes.x;

// ---- what is written

interface LineInput {
  readonly article: string;
  readonly count?: number | undefined;
  readonly of?: OrderInput | undefined;
}
interface OrderInput {
  readonly id: string;
  readonly state?: 'open' | 'paid' | 'sent' | undefined;
  readonly total: number;
  readonly placed: number | Date;
  readonly lines: readonly LineInput[];
  readonly notes?: { readonly [name: string]: string } | undefined;
}
expect<Equal<ContractInput<typeof order>, OrderInput>>();

type Input = ContractInput<typeof order>;
export const written: Input = { id: 'A', total: 1, placed: new Date(), lines: [{ article: 'x' }] };
export const again: Input = read;
// @ts-expect-error: a field is missing
export const missing: Input = { id: 'A', total: 1, lines: [] };
// @ts-expect-error: not one of the texts
export const other: Input = { ...written, state: 'lost' };
// @ts-expect-error: no such field
export const more: Input = { ...written, sum: 1 };
// @ts-expect-error: no such field further down
export const below: Input = { ...written, lines: [{ article: 'x', cuont: 1 }] };
// @ts-expect-error: absent is not null
export const nothing: Input = { ...written, notes: null };
// @ts-expect-error: what is written is not what is read
export const unread: ContractValue<typeof order> = written;

// ---- every kind

const kinds = defineContract({
  name: 'kinds',
  version: 1,
  fields: [
    { name: 'bool', kind: 'bool' },
    { name: 'u8', kind: 'u8' },
    { name: 'u64', kind: 'u64', max: 10 },
    { name: 'i64', kind: 'i64', exclusiveMin: -1 },
    { name: 'f32', kind: 'f32', multipleOf: 0.5 },
    { name: 'text', kind: 'text', format: 'uuid' },
    { name: 'bytes', kind: 'bytes', maxLength: 9 },
    { name: 'time', kind: 'time' },
    { name: 'json', kind: 'json' },
    { name: 'enum', kind: { enum: ['a', 'b'] } },
    { name: 'list', kind: { list: { kind: 'u8', min: 1 } }, uniqueItems: true },
    { name: 'tuple', kind: { tuple: ['f64', { kind: 'text', maxLength: 1 }] } },
    { name: 'map', kind: { map: { list: 'bool' } }, maxProperties: 4 },
    { name: 'object', kind: { object: { fields: [{ name: 'x', kind: 'f64', default: 0 }] } } },
    { name: 'named', kind: { contract: 'temperature' } },
    {
      name: 'oneOf',
      kind: {
        oneOf: {
          tag: 'type',
          cases: { circle: { fields: [{ name: 'r', kind: 'f64' }] }, box: { contract: 'box' } },
        },
      },
    },
    { name: 'nullable', kind: { nullable: { kind: 'text', minLength: 2 } } },
    { name: 'nullDefault', kind: { nullable: 'f64' }, default: null },
    { name: 'optional', kind: { nullable: { contract: 'kinds' } }, optional: true },
    { name: 'both', kind: 'f64', optional: true, default: 1 },
  ],
  contracts: [{ name: 'box', version: 1, fields: [{ name: 'sides', kind: { list: 'f64' } }] }],
});
interface Kinds {
  readonly bool: boolean;
  readonly u8: number;
  readonly u64: number;
  readonly i64: number;
  readonly f32: number;
  readonly text: string;
  readonly bytes: string;
  readonly time: number;
  readonly json: JsonValue;
  readonly enum: 'a' | 'b';
  readonly list: readonly number[];
  readonly tuple: readonly [number, string];
  readonly map: Readonly<Record<string, readonly boolean[]>>;
  readonly object: { readonly x: number };
  readonly named: {
    readonly schema_version: number;
    readonly celsius: number;
    readonly timestamp: number;
  };
  readonly oneOf:
    | { readonly type: 'circle'; readonly r: number }
    | { readonly type: 'box'; readonly sides: readonly number[] };
  readonly nullable: string | null;
  readonly nullDefault: number | null;
  readonly optional?: Kinds | null;
  readonly both: number;
}
expect<Equal<ContractValue<typeof kinds>, Kinds>>();
type KindsInput = ContractInput<typeof kinds>;
expect<Equal<KindsInput['bytes'], string | Uint8Array>>();
expect<Equal<KindsInput['time'], number | Date>>();
expect<Equal<KindsInput['object'], { readonly x?: number | undefined }>>();
expect<Equal<KindsInput['both'], number | undefined>>();
expect<Equal<KindsInput['nullDefault'], number | null | undefined>>();
expect<Equal<KindsInput['optional'], KindsInput | null | undefined>>();
expect<Equal<KindsInput['named']['celsius'], AimDbSchemas['temperature']['celsius']>>();
expect<Equal<KindsInput['named'] extends { schema_version: number } ? true : false, false>>();

declare const { oneOf }: ContractValue<typeof kinds>;
export const area = oneOf.type === 'circle' ? oneOf.r : oneOf.sides.length;
// @ts-expect-error: only a circle has it
oneOf.r;

// ---- a literal in other ways

const constant = {
  name: 'constant',
  version: 1,
  fields: [{ name: 'x', kind: 'f64' }],
} as const satisfies ContractFile;
expect<Equal<ContractValue<typeof constant>, { readonly x: number }>>();
declare const loose: ContractFile;
expect<Equal<ContractValue<typeof loose>, unknown>>();
declare const db: WasmDb;
db.registerContract(order);
db.registerContract(constant);
db.registerContract(loose);
// @ts-expect-error: no contract
db.registerContract({ name: 'x' });

// ---- wrong files

const file = { name: 'a', version: 1 } as const;
// @ts-expect-error: no version
defineContract({ name: 'a', fields: [] });
// @ts-expect-error: no such part
defineContract({ ...file, fields: [], docs: '' });
// @ts-expect-error: no such kind
defineContract({ ...file, fields: [{ name: 'x', kind: 'f63' }] });
// @ts-expect-error: no such kind inside
defineContract({ ...file, fields: [{ name: 'x', kind: { list: 'string' } }] });
// @ts-expect-error: no such kind of kinds
defineContract({ ...file, fields: [{ name: 'x', kind: { set: 'f64' } }] });
// @ts-expect-error: two kinds in one
defineContract({ ...file, fields: [{ name: 'x', kind: { list: 'f64', map: 'f64' }, mni: 1 }] });
// @ts-expect-error: a misspelt rule
defineContract({ ...file, fields: [{ name: 'x', kind: 'f64', mni: 0 }] });
// @ts-expect-error: a misspelt rule inside
defineContract({ ...file, fields: [{ name: 'x', kind: { list: { kind: 'f64', mni: 0 } } }] });
// @ts-expect-error: a rule of another kind
defineContract({ ...file, fields: [{ name: 'x', kind: 'bool', min: 0 }] });
// @ts-expect-error: a rule of another kind inside
defineContract({ ...file, fields: [{ name: 'x', kind: { map: { kind: 'u8', pattern: '' } } }] });
// @ts-expect-error: the rule belongs to the text inside
defineContract({ ...file, fields: [{ name: 'x', kind: { nullable: 'text' }, maxLength: 1 }] });
// @ts-expect-error: no such format
defineContract({ ...file, fields: [{ name: 'x', kind: 'text', format: 'mail' }] });
// @ts-expect-error: a default of another kind
defineContract({ ...file, fields: [{ name: 'x', kind: 'f64', default: '0' }] });
// @ts-expect-error: a default that is not one of the texts
defineContract({ ...file, fields: [{ name: 'x', kind: { enum: ['a'] }, default: 'b' }] });
// @ts-expect-error: no such contract
defineContract({ ...file, fields: [{ name: 'x', kind: { contract: 'nope' } }] });
// @ts-expect-error: no such contract inside
defineContract({ ...file, fields: [{ name: 'x', kind: { tuple: [{ contract: 'nope' }] } }] });
defineContract({
  ...file,
  fields: [
    {
      name: 'x',
      // @ts-expect-error: no such contract in a case
      kind: { oneOf: { tag: 't', cases: { a: { contract: 'nope' } } } },
    },
    // @ts-expect-error: a misspelt word in an object inside
    { name: 'y', kind: { object: { fields: [{ name: 'z', kind: 'f64', unti: 'm' }] } } },
  ],
});
// @ts-expect-error: no such field
defineContract({ ...file, signal: 'y', fields: [{ name: 'x', kind: 'f64' }] });
// @ts-expect-error: no number
defineContract({ ...file, signal: 'x', fields: [{ name: 'x', kind: 'text' }] });
// @ts-expect-error: no such policy
defineContract({ ...file, unknownFields: 'drop', fields: [] });
const carried = { name: 'b', version: 1, fields: [{ name: 'x', kind: 'u8', mxa: 1 }] } as const;
// @ts-expect-error: a misspelt rule in a contract that it carries
defineContract({ ...file, fields: [], contracts: [carried] });
// @ts-expect-error: no such step
defineContract({ ...file, fields: [], migrations: [{ from: 1, up: [{ remove: 'x' }] }] });
const add = { add: { field: 'x', value: 1, at: 1 } } as const;
// @ts-expect-error: no such part of a step
defineContract({ ...file, fields: [], migrations: [{ from: 1, up: [add] }] });
const inside = { when: { field: 'x', is: 1, steps: [add] } } as const;
// @ts-expect-error: no such part of a step inside
defineContract({ ...file, fields: [], migrations: [{ from: 1, up: [inside] }] });
// @ts-expect-error: no such way
defineContract({ ...file, fields: [], migrations: [{ from: 1, up: [], back: [] }] });
