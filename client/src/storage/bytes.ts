/** How large a value is, and whether it is data: plain objects, arrays, maps, sets, dates, bytes and primitives. */
import { AimDbError, wordsOf } from '../errors.js';
import { tooLarge } from './errors.js';

/** What a slot, a number or an object costs besides its content. */
const SLOT_BYTES = 8;
/** Characters of Latin-1 take a byte each on the disk, and others two. */
const WIDE = /[^\0-\xff]/;

/** A copy that nobody else can change, and its bytes. Refuses what is no data, and what is larger than `bytesMax`. */
export function copied(value: unknown, about: string, bytesMax: number): Copied {
  const bytes = bytesOf(value, about, bytesMax);
  try {
    return { copy: structuredClone(value), bytes };
  } catch (cause) {
    throw new AimDbError('NOT_DATA', `${about} cannot be copied: ${wordsOf(cause)}`, { cause });
  }
}

export interface Copied {
  readonly copy: unknown;
  readonly bytes: number;
}

/** Near what a browser needs for it on the disk. Walks no further than to the limit, also through circles. */
export function bytesOf(value: unknown, about: string, bytesMax: number): number {
  const seen = new Set<object>();
  const rest: unknown[] = [value];
  let bytes = 0;
  while (rest.length > 0) {
    const next = rest.pop();
    bytes += SLOT_BYTES;
    if (typeof next === 'string') bytes += textBytes(next);
    else if (typeof next === 'function' || typeof next === 'symbol') throw notData(next, about);
    else if (typeof next === 'bigint') bytes += next.toString(16).length / 2;
    else if (typeof next === 'object' && next !== null && !seen.has(next)) {
      seen.add(next);
      bytes += partsOf(next, about, rest, bytesMax);
    }
    // What waits costs a slot each, so a long list is refused before it is walked.
    if (bytes + rest.length * SLOT_BYTES > bytesMax) throw tooLarge(about, bytesMax);
  }
  return Math.ceil(bytes);
}

export function textBytes(text: string): number {
  return WIDE.test(text) ? 2 * text.length : text.length;
}

/** Puts the parts of an object to the rest, and tells the bytes that are in no part. */
function partsOf(object: object, about: string, rest: unknown[], bytesMax: number): number {
  if (object instanceof Date) return 0;
  if (object instanceof ArrayBuffer || ArrayBuffer.isView(object)) return object.byteLength;
  if (object instanceof Set) return into(rest, object, about, bytesMax);
  if (object instanceof Map) {
    into(rest, object.keys(), about, bytesMax);
    return into(rest, object.values(), about, bytesMax);
  }
  if (Array.isArray(object)) return into(rest, object, about, bytesMax);
  const prototype = Object.getPrototypeOf(object);
  // The prototype of another window's objects is not ours, but has none above it either.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw notData(object, about);
  const names = Object.keys(object);
  for (const name of names) rest.push((object as Record<string, unknown>)[name]);
  return names.reduce((bytes, name) => bytes + textBytes(name), 0);
}

function into(rest: unknown[], parts: Iterable<unknown>, about: string, bytesMax: number): number {
  for (const part of parts) {
    rest.push(part);
    if (rest.length * SLOT_BYTES > bytesMax) throw tooLarge(about, bytesMax);
  }
  return 0;
}

function notData(found: unknown, about: string): AimDbError {
  const kind = typeof found === 'object' ? Object.prototype.toString.call(found) : typeof found;
  const words = `${about} holds what is no data (${kind}): write its content`;
  return new AimDbError('NOT_DATA', words);
}
