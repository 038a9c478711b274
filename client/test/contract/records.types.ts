/** Which records compile, and what their keys give and take. Nothing runs: the type checker is the test. */
import {
  type ContractInput,
  type ContractValue,
  defineContract,
  defineRecords,
  type JsonValue,
  type RecordOptions,
  type RecordsOf,
  type RecordValue,
  type Temperature,
  type TemperatureInput,
  WasmDb,
  WsBridge,
} from '@aimdb/wasm';
import * as v from 'valibot';
import { z } from 'zod';

/** Holds only if both types are the same. */
type Equal<LEFT, RIGHT> =
  (<T>() => T extends LEFT ? 1 : 2) extends <T>() => T extends RIGHT ? 1 : 2 ? true : false;
function expect<_CHECK extends true>(): void {}

const pump = defineContract({
  name: 'pump',
  version: 1,
  fields: [
    { name: 'rpm', kind: 'f64', min: 0 },
    { name: 'mode', kind: { enum: ['auto', 'manual'] }, default: 'auto' },
    { name: 'valves', kind: { list: { contract: 'valve' } } },
  ],
  contracts: [{ name: 'valve', version: 1, fields: [{ name: 'isOpen', kind: 'bool' }] }],
});
type Pump = ContractValue<typeof pump>;

const records = defineRecords({
  'plant.pump1': { contract: pump, buffer: 'SingleLatest' },
  'plant.pump2': { schemaType: 'pump', buffer: { type: 'Mailbox' }, unknownFields: 'refuse' },
  'plant.valve': { schemaType: 'valve', buffer: 'Mailbox', offline: { expireMs: 10 } },
  'room.vienna': {
    schemaType: 'temperature',
    buffer: { type: 'SpmcRing', capacity: 100 },
    topic: 'rooms/vienna',
    offline: 'queue',
  },
  'plant.inline': {
    contract: { name: 'inline', version: 1, fields: [{ name: 'x', kind: 'u8' }] },
    buffer: 'SingleLatest',
  },
});

// ---- what they give and take

type Of = RecordsOf<typeof records>;
expect<
  Equal<Of['plant.pump1'], { readonly value: Pump; readonly input: ContractInput<typeof pump> }>
>();
expect<Equal<Of['plant.pump2']['value'], Pump>>();
expect<Equal<Of['plant.valve']['value'], { readonly isOpen: boolean }>>();
expect<Equal<Of['plant.inline']['value'], { readonly x: number }>>();
expect<Equal<Of['room.vienna']['value'], Readonly<Temperature>>>();
expect<Equal<Of['room.vienna']['input'], Readonly<TemperatureInput>>>();
expect<
  Equal<keyof Of, 'plant.pump1' | 'plant.pump2' | 'plant.valve' | 'plant.inline' | 'room.vienna'>
>();

// ---- a database of them

const db = new WasmDb().configureRecords(records);
expect<Equal<typeof db, WasmDb<typeof records>>>();
export const rpm: number | undefined = db.get('plant.pump1')?.rpm;
export const celsius: number | undefined = db.history('room.vienna', 3)[0]?.celsius;
export const handle: Pump | null = db.record('plant.pump2').get();
db.set('plant.pump1', { rpm: 1, valves: [] });
db.set('plant.pump1', { rpm: 1, mode: 'manual', valves: [{ isOpen: true }] });
db.set('room.vienna', { celsius: 1, timestamp: 1 });
db.record('plant.pump1').set({ rpm: 1, valves: [] });
db.subscribe('plant.pump1', ({ mode }) => mode === 'auto');
db.version('plant.valve') + db.inspect('plant.valve').written;
// @ts-expect-error: a misspelt key
db.get('plant.pmup1');
// @ts-expect-error: a misspelt key
db.set('plant.pmup1', { rpm: 1, valves: [] });
// @ts-expect-error: a misspelt key
db.subscribe('plant.pmup1', () => {});
// @ts-expect-error: a misspelt key
db.history('plant.pmup1');
// @ts-expect-error: a misspelt key
db.record('plant.pmup1');
// @ts-expect-error: a misspelt key
db.version('plant.pmup1');
// @ts-expect-error: a misspelt key
db.inspect('plant.pmup1');
// @ts-expect-error: a value of another contract
db.set('plant.pump1', { celsius: 1, timestamp: 1 });
// @ts-expect-error: a value of another contract
db.record('room.vienna').set({ rpm: 1, valves: [] });
// @ts-expect-error: a misspelt field
db.set('plant.pump1', { rpm: 1, valves: [], mod: 'auto' });
// @ts-expect-error: not one of the texts
db.set('plant.pump1', { rpm: 1, valves: [], mode: 'manuel' });
// @ts-expect-error: no such field
db.get('plant.pump1')?.celsius;
const newest = db.record('plant.pump1').get();
// @ts-expect-error: frozen
if (newest) newest.rpm = 1;
// @ts-expect-error: no such field
db.subscribe('plant.pump1', ({ celsius }) => celsius);

// ---- what runs between them

db.derive('plant.pump2', 'plant.pump1', ({ rpm, mode }, previous) => {
  expect<Equal<typeof previous, Pump | undefined>>();
  return rpm > (previous?.rpm ?? 0) ? { rpm, mode, valves: [] } : undefined;
});
db.derive('plant.inline', 'plant.pump1', async ({ rpm }) => ({ x: rpm }), {
  onLag: (missed) => missed,
});
db.join('plant.inline', ['plant.pump1', 'room.vienna'], ([pump, room], changed) => {
  expect<Equal<typeof pump, Pump | undefined>>();
  expect<Equal<typeof room, Readonly<Temperature> | undefined>>();
  expect<Equal<typeof changed, number>>();
  return pump && room ? { x: pump.rpm + room.celsius } : undefined;
});
db.join('plant.inline', { pump: 'plant.pump1', room: 'room.vienna' }, async (values, changed) => {
  expect<Equal<typeof changed, 'pump' | 'room'>>();
  return { x: (values.pump?.rpm ?? 0) + (values.room?.celsius ?? 0) };
});
db.source('room.vienna', async (produce, signal) => {
  while (!signal.aborted) produce({ celsius: 1, timestamp: Date.now() });
});
db.tap('plant.pump1', async ({ mode }, { version }) => [mode, version]);
export const refused: string | undefined = db.trySet('plant.pump1', {
  rpm: 1,
  valves: [],
})?.expected;
db.removeRecord('plant.pump1', { dependents: true });
// @ts-expect-error: a misspelt key
db.removeRecord('plant.pmup1');
// @ts-expect-error: a value of another contract
db.trySet('plant.pump1', { celsius: 1, timestamp: 1 });
// @ts-expect-error: a misspelt key
db.derive('plant.inline', 'plant.pmup1', () => undefined);
// @ts-expect-error: a value of another contract
db.derive('plant.inline', 'plant.pump1', ({ rpm }) => ({ y: rpm }));
// @ts-expect-error: a promise of a value of another contract
db.derive('plant.inline', 'plant.pump1', async ({ rpm }) => ({ y: rpm }));
// @ts-expect-error: no such field
db.derive('plant.inline', 'plant.pump1', ({ celsius }) => ({ x: celsius }));
// @ts-expect-error: a misspelt key
db.join('plant.inline', ['plant.pump1', 'room.vienan'], () => undefined);
// @ts-expect-error: it may have no value
db.join('plant.inline', ['plant.pump1'], ([pump]) => ({ x: pump.rpm }));
// @ts-expect-error: no such name
db.join('plant.inline', { pump: 'plant.pump1' }, ({ pmup }) => ({ x: pmup }));
// @ts-expect-error: a value of another contract
db.source('room.vienna', (produce) => produce({ rpm: 1 }));
// @ts-expect-error: no such field
db.tap('plant.pump1', ({ celsius }) => celsius);

function eitherPump(key: 'plant.pump1' | 'plant.pump2'): Pump | null {
  return db.get(key);
}
function anyKey<K extends keyof typeof records>(key: K): RecordValue<K, typeof records> | null {
  return db.get(key);
}
export const fromAny: Pump | null = anyKey('plant.pump1') ?? eitherPump('plant.pump2');

// More records, of another module.
const others = defineRecords({ 'lab.room': { schemaType: 'humidity', buffer: 'SingleLatest' } });
const both = db.configureRecords(others);
export const percent: number | undefined = both.get('lab.room')?.percent;
export const still: number | undefined = both.get('plant.pump1')?.rpm;
// @ts-expect-error: a misspelt key
both.get('lab.rom');
// @ts-expect-error: it does not know of them
db.get('lab.room');

// A database with types is one without to whoever does not ask, and the other way round.
WsBridge.connect(db, 'ws://127.0.0.1:9/ws', {});
export const untyped: WasmDb = db;
export const typed: WasmDb<typeof records> = new WasmDb();
// @ts-expect-error: it has other records
export const wrong: WasmDb<typeof others> = db;

// ---- without types, all goes on as before

const free = new WasmDb();
export const anything: unknown = free.get('any.key');
free.set('any.key', { whatever: 1 });
free.configureRecord('a', { schemaType: 'temperature', buffer: 'SingleLatest' });
free.configureRecord('b', { schemaType: 'known.elsewhere', buffer: 'SingleLatest' });
free.configureRecord('c', { contract: pump, buffer: 'SingleLatest' });
const options: RecordOptions = { schemaType: 'temperature', buffer: 'Mailbox' };
const many: Record<string, RecordOptions> = { d: options };
free.derive('a', 'b', (value: unknown) => value);
free.join('a', { b: 'b' }, ({ b }, changed) => [b, changed]);
free.source('a', (produce) => produce({ whatever: 1 }));
export const loose: unknown = free.configureRecords(many).get('d');
// @ts-expect-error: either a contract or its name
free.configureRecord('e', { contract: pump, schemaType: 'pump', buffer: 'SingleLatest' });
// @ts-expect-error: neither
free.configureRecord('e', { buffer: 'SingleLatest' });

// ---- wrong records

// @ts-expect-error: no such contract
defineRecords({ a: { schemaType: 'temprature', buffer: 'SingleLatest' } });
// @ts-expect-error: a misspelt option
defineRecords({ a: { schemaType: 'temperature', buffer: 'SingleLatest', ofline: 'queue' } });
// @ts-expect-error: a misspelt buffer
defineRecords({ a: { schemaType: 'temperature', buffer: 'SingleLast' } });
// @ts-expect-error: no buffer
defineRecords({ a: { schemaType: 'temperature' } });
// @ts-expect-error: no contract
defineRecords({ a: { buffer: 'SingleLatest' } });
// @ts-expect-error: two contracts
defineRecords({ a: { contract: pump, schemaType: 'pump', buffer: 'SingleLatest' } });
// @ts-expect-error: only a ring has a capacity
defineRecords({ a: { schemaType: 'humidity', buffer: { type: 'Mailbox', capacity: 3 } } });
// @ts-expect-error: a ring has a capacity
defineRecords({ a: { schemaType: 'humidity', buffer: { type: 'SpmcRing', capasity: 3 } } });
// @ts-expect-error: no such policy
defineRecords({ a: { schemaType: 'humidity', buffer: 'Mailbox', offline: 'wait' } });
const policy = { expireMs: 1, at: 2 } as const;
// @ts-expect-error: no such part of a policy
defineRecords({ a: { schemaType: 'humidity', buffer: 'Mailbox', offline: policy } });
defineRecords({ a: { schemaType: 'humidity', buffer: 'SingleLatest', conflict: 'ifUnchanged' } });
defineRecords({
  a: { schemaType: 'humidity', buffer: 'SingleLatest', conflict: { ifNewer: 'timestamp' } },
});
// @ts-expect-error: no such policy for conflicts
defineRecords({ a: { schemaType: 'humidity', buffer: 'SingleLatest', conflict: 'first' } });
const newer = { ifNewer: 'timestamp', by: 1 } as const;
// @ts-expect-error: no such part of it
defineRecords({ a: { schemaType: 'humidity', buffer: 'SingleLatest', conflict: newer } });
// @ts-expect-error: a name is no contract file
defineRecords({ a: { contract: 'pump', buffer: 'SingleLatest' } });
const nonsense = { name: 'x', version: 1, fields: [{ name: 'y', kind: 'u9' }] } as const;
// @ts-expect-error: a wrong contract file
defineRecords({ a: { contract: nonsense, buffer: 'Mailbox' } });
const misspelt = { name: 'x', version: 1, fields: [{ name: 'y', kind: 'u8', mni: 1 }] } as const;
// @ts-expect-error: a misspelt rule in a contract file
defineRecords({ a: { contract: misspelt, buffer: 'Mailbox' } });

// ---- records with a schema of Standard Schema

const ticket = z.object({
  id: z.string(),
  state: z.enum(['open', 'done']).default('open'),
  tags: z.array(z.string()),
});
const point = v.object({ x: v.number(), y: v.optional(v.number(), 0) });
const judged = defineRecords({
  ticket: { schema: ticket, buffer: 'SingleLatest' },
  point: { schema: point, buffer: { type: 'SpmcRing', capacity: 5 }, offline: 'queue' },
  note: { schemaType: 'json', buffer: 'Mailbox' },
});
type Judged = RecordsOf<typeof judged>;
expect<
  Equal<
    Judged['ticket']['value'],
    { readonly id: string; readonly state: 'open' | 'done'; readonly tags: readonly string[] }
  >
>();
expect<
  Equal<
    Judged['ticket']['input'],
    {
      readonly id: string;
      readonly state?: 'open' | 'done' | undefined;
      readonly tags: readonly string[];
    }
  >
>();
expect<Equal<Judged['point']['value'], { readonly x: number; readonly y: number }>>();
expect<Equal<Judged['point']['input'], { readonly x: number; readonly y?: number | undefined }>>();
expect<Equal<Judged['note']['value'], { readonly [name: string]: unknown }>>();
const judging = new WasmDb().configureRecords(judged);
export const state: 'open' | 'done' | undefined = judging.get('ticket')?.state;
judging.set('ticket', { id: 'A', tags: [] });
judging.set('point', { x: 1 });
judging.set('note', { any: ['thing'] });
// @ts-expect-error: a field is missing
judging.set('ticket', { id: 'A' });
// @ts-expect-error: another kind
judging.set('point', { x: 'one' });
// @ts-expect-error: no object
judging.set('note', 5);
// @ts-expect-error: no such option
defineRecords({ a: { schema: ticket, bufer: 'Mailbox', buffer: 'Mailbox' } });
// @ts-expect-error: a schema stands before the contract json
defineRecords({ a: { schema: ticket, schemaType: 'temperature', buffer: 'Mailbox' } });
// @ts-expect-error: no schema
defineRecords({ a: { schema: { type: 'object' }, buffer: 'Mailbox' } });
const keeping = defineContract({
  name: 'keeping',
  version: 1,
  unknownFields: 'keep',
  fields: [],
});
expect<Equal<ContractValue<typeof keeping>, { readonly [name: string]: JsonValue }>>();
