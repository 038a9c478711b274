/** Which paths and values the store's types take. Nothing runs: the type checker is the test. */
import {
  createStore,
  createStreamGateway,
  type DeepKey,
  type DeepValue,
  type LooseData,
} from '@aimdb/wasm/store';
import { bindValtio } from '@aimdb/wasm/valtio';

class Meter {
  constructor(readonly unit: string) {}
  read(): number {
    return this.unit.length;
  }
}

interface Data {
  name: string;
  form: { iban: string | null; tags: string[]; at: Date; nick?: string };
  rooms: { [id: string]: { celsius: number } };
  pair: [number, string];
  meter: Meter;
  lookup: Map<string, number>;
  maybe?: { deep: { x: number } } | null;
  any: Record<string, unknown>;
  on: 'yes' | 'no';
  tree: Tree;
}
interface Tree {
  value: number;
  left?: Tree;
}

/** Holds only if both types are the same. */
type Same<LEFT, RIGHT> =
  (<T>() => T extends LEFT ? 1 : 2) extends <T>() => T extends RIGHT ? 1 : 2 ? true : false;
function holds<_CHECK extends true>(): void {}

const store = createStore<Data>({} as Data);

// What is read.
holds<Same<ReturnType<typeof name>, string>>();
function name() {
  return store.get('name');
}
const tags: readonly string[] = store.get('form.tags');
const tag: string | undefined = store.get('form.tags.3');
const count: number = store.get('form.tags.length');
const iban: string | null = store.get('form.iban');
const celsius: number | undefined = store.get('rooms.vienna.celsius');
const first: number = store.get('pair.0');
const second: string = store.get('pair.1');
const x: number | undefined = store.get('maybe.deep.x');
const unknown: unknown = store.get('any.what.ever');
const meter: { readonly unit: string } = store.get('meter');
const time: number = store.get('form').at.getTime() + store.get('form.at').getTime();
const size: number = store.get('lookup').size + store.getState().meter.read();
const left: number | undefined = store.get('tree.left.left.left.value');
export const read = [
  tags,
  tag,
  count,
  iban,
  celsius,
  first,
  second,
  x,
  unknown,
  meter,
  time,
  size,
  left,
];
// @ts-expect-error: may be missing
export const notSure: number = store.get('rooms.vienna.celsius');
// @ts-expect-error: may be missing
export const notThere: number = store.get('maybe.deep.x');
// @ts-expect-error: frozen
store.get('form').iban = 'x';
// @ts-expect-error: frozen all the way down
store.getState().form.tags.push('x');

// Which paths there are.
// @ts-expect-error: no such path
store.get('nam');
// @ts-expect-error: no such path below
store.get('form.ibn');
// @ts-expect-error: nothing lies below a text
store.get('name.length.x');
// @ts-expect-error: a Date is opaque
store.get('form.at.getTime');
// @ts-expect-error: a Map is opaque
store.get('lookup.size');
// @ts-expect-error: the instance of a class is opaque
store.get('meter.unit');
// @ts-expect-error: a pair has two elements
store.get('pair.2');
// @ts-expect-error: an element is named by its index
store.get('form.tags.first');
// @ts-expect-error: a path has no empty end
store.get('form.');

// What may be written.
store.set('name', 'x');
store.set('form.iban', null);
store.set('form.nick', undefined);
store.set('rooms.vienna', { celsius: 1 });
store.set('maybe.deep.x', 1);
store.set('on', 'yes', { sender: 'form' });
store.set('any.what.ever', Symbol.iterator);
// @ts-expect-error: not a text
store.set('name', 1);
// @ts-expect-error: not null
store.set('name', null);
// @ts-expect-error: not one of the two
store.set('on', 'maybe');
// @ts-expect-error: a field is missing
store.set('rooms.vienna', {});

store.setMany([
  ['name', 'x'],
  ['rooms.vienna.celsius', 1, { sender: 'feed' }],
]);
store.setMany({ name: 'x', 'rooms.vienna.celsius': 1 });
// @ts-expect-error: the second value is no number
store.setMany([
  ['name', 'x'],
  ['rooms.vienna.celsius', 'warm'],
]);
// @ts-expect-error: no such path
store.setMany([['nam', 'x']]);
// @ts-expect-error: no number
store.setMany({ 'rooms.vienna.celsius': 'warm' });
// @ts-expect-error: no such path
store.setMany({ nam: 'x' });

// Who is told of what.
store.subscribe('form.iban', (value) => value?.length);
store.subscribe(
  (state) => state.form.tags.length,
  (length) => length.toFixed(),
);
// @ts-expect-error: a number has no length
store.subscribe('rooms.vienna.celsius', (value) => value?.length);
// @ts-expect-error: no such path
store.subscribe('nam', () => {});
store.getConcerns('form.iban').validation?.issues;
// @ts-expect-error: no such path
store.getConcerns('form.ibn');

const gateway = createStreamGateway(store);
gateway.ingest({ 'rooms.vienna.celsius': 21.5 });
gateway.ingestBatch([['rooms.vienna.celsius', 21.6, { sender: 'feed' }]]);
gateway.ingestNumbers(gateway.paths(['rooms.vienna.celsius', 'pair.0']), new Float64Array(2));
// @ts-expect-error: no number
gateway.ingest({ 'rooms.vienna.celsius': true });
// @ts-expect-error: a text cannot be fed with numbers
gateway.paths(['name']);
// @ts-expect-error: ids come from `paths`
gateway.ingestNumbers(new Uint32Array(1), new Float64Array(1));
bindValtio(store, {});
bindValtio(store, {}, 'form');
// @ts-expect-error: no such path
bindValtio(store, {}, 'from');

// Paths as a union, and functions over any of them.
holds<Same<DeepKey<{ a: { b: 1 }; c: string[] }>, 'a' | 'a.b' | 'c' | `c.${number}`>>();
holds<
  Same<
    DeepKey<Pick<Data, 'form' | 'meter' | 'lookup'>>,
    | 'form'
    | 'form.iban'
    | 'form.tags'
    | `form.tags.${number}`
    | 'form.at'
    | 'form.nick'
    | 'meter'
    | 'lookup'
  >
>();
holds<Same<DeepValue<Data, 'form.tags.0'>, string>>();
holds<Same<DeepValue<Data, 'nam'>, never>>();
declare const some: 'name' | 'on';
store.subscribe(some, (value) => value.toUpperCase());

// A state inferred from its first value, and one of unknown shape.
const inferred = createStore({ a: { b: 1 } });
inferred.set('a.b', 2);
// @ts-expect-error: no number
inferred.set('a.b', 'x');
const loose = createStore<LooseData>({});
loose.set('whatever.is.there', 1);
const anything: unknown = loose.get('whatever.is.there');
declare const text: string;
loose.set(text, anything);
