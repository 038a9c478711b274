/** Values of vector files: JSON in which undefined, NaN, -0 and the infinities have names. */
import { isPlain, isSame, setKey } from '../state/values.js';

const NAMED = new Map<unknown, unknown>([
  ['undefined', undefined],
  ['NaN', Number.NaN],
  ['-0', -0],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** The value that JSON stands for. */
export function decode(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(decode);
  if (!isPlain(json)) return json;
  if (NAMED.has(json.$) && Object.keys(json).length === 1) return NAMED.get(json.$);
  const decoded = {};
  for (const [key, value] of Object.entries(json)) setKey(decoded, key, decode(value));
  return decoded;
}

/** The JSON that stands for a value. */
export function encode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(encode);
  for (const [name, named] of NAMED) if (Object.is(named, value)) return { $: name };
  if (!isPlain(value)) return value;
  const encoded = {};
  for (const [key, item] of Object.entries(value)) setKey(encoded, key, encode(item));
  return encoded;
}

/** A value for people to read. */
export function show(value: unknown): string {
  return JSON.stringify(encode(value));
}

/** Whether two values are the same in every bit. */
export function isEqual(left: unknown, right: unknown): boolean {
  return isSame(left, right, 'bits');
}
