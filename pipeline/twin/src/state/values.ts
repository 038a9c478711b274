/**
 * What a path can hold, and when two values are the same.
 *
 * Plain objects and arrays are known by their structure. Everything else that is no primitive (a Date, a Map, a class
 * instance) is opaque: passed on as it is, never looked into, equal only to itself.
 */
import { PipelineError } from '../error.js';
import { SEGMENTS_MAX } from './paths.js';

/** Nothing is there; reads as undefined but is not the same as an explicit one. */
export const ABSENT: unique symbol = Symbol('absent');

/** A plain object. */
export type Plain = Record<string, unknown>;
/** What values can lie below. */
export type Container = Plain | unknown[];

/** How two values are compared. */
export type Equality =
  /** +0 and -0 differ. */
  | 'bits'
  /** As a rule's author means it: +0 equals -0. */
  | 'meaning';

export function isPlain(value: unknown): value is Plain {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return true;
  // Also of another realm: its Object.prototype is not ours, but it is the end of the chain too.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export function isContainer(value: unknown): value is Container {
  return Array.isArray(value) || isPlain(value);
}

export function isPrimitive(value: unknown): boolean {
  if (value === null) return true;
  const type = typeof value;
  return type === 'number' || type === 'string' || type === 'boolean' || type === 'undefined';
}

/** Absent, undefined or null. */
export function isNil(value: unknown): boolean {
  return value === ABSENT || value === undefined || value === null;
}

/** What lies under one key or index, by own keys only. */
export function own(container: unknown, segment: string): unknown {
  if (Array.isArray(container)) {
    return Object.hasOwn(container, segment) && segment !== 'length'
      ? container[segment as unknown as number]
      : ABSENT;
  }
  if (!isPlain(container)) return ABSENT;
  const value = container[segment];
  // Most keys hold something and are none that every object has: then one look was enough.
  if (value !== undefined && !(segment in Object.prototype)) return value;
  return Object.hasOwn(container, segment) ? value : ABSENT;
}

/** What lies `segments` below. */
export function at(value: unknown, segments: readonly string[]): unknown {
  let found = value;
  for (const segment of segments) {
    found = own(found, segment);
    if (found === ABSENT) return ABSENT;
  }
  return found;
}

/** Sets a key, also one that JavaScript would take for an instruction. */
export function setKey(target: Plain, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    target[key] = value;
  }
}

/** Whether two values are the same with all below; absent reads as undefined at the top and differs below. */
export function isSame(left: unknown, right: unknown, equality: Equality): boolean {
  return isSameBelow(readable(left), readable(right), equality);
}

/** A value as it is read. */
export function readable(value: unknown): unknown {
  return value === ABSENT ? undefined : value;
}

function isSameBelow(left: unknown, right: unknown, equality: Equality): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left === 'number') return equality === 'meaning' && left === right;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => isSameBelow(item, right[index], equality))
    );
  }
  if (!isPlain(left) || !isPlain(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSameBelow(left[key], right[key], equality))
  );
}

/**
 * A copy of what a user hands in for a path, so that later changes to the original are not ours. Holes of arrays are undefined;
 * what is nested too deep (or in itself) is refused, and so is what a copy would not have: a getter, a field under a symbol.
 */
export function adopt(value: unknown, depth: number, path = ''): unknown {
  if (!isContainer(value)) return value;
  if (depth > SEGMENTS_MAX) {
    const message = `a value at depth ${depth} lies below too many segments`;
    throw new PipelineError('PATH_TOO_DEEP', message);
  }
  const below = (key: string | number) => (path === '' ? `${key}` : `${path}.${key}`);
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    const isHidden = !Object.prototype.propertyIsEnumerable.call(value, symbol);
    if (!isHidden) throw noData(below(String(symbol)), 'a field under a symbol');
  }
  if (Array.isArray(value)) {
    return Array.from(value, (item, at) => adopt(item, depth + 1, below(at)));
  }
  const copy: Plain = {};
  for (const key of Object.keys(value)) {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    if (!descriptor || !('value' in descriptor)) throw noData(below(key), 'a getter');
    setKey(copy, key, adopt(descriptor.value, depth + 1, below(key)));
  }
  return copy;
}

function noData(path: string, what: string): PipelineError {
  return new PipelineError('NOT_DATA', `'${path}' is ${what}: write plain values`, path);
}
