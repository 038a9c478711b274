/** Plain data: copied before it goes in, so that nothing of the caller runs inside the engine, and frozen when it comes out. */
import { AimDbError } from './errors.js';

/** How deep a value may be nested; a value that contains itself is deeper than any limit. */
export const DEPTH_MAX = 64;
/** How many values one value may consist of: sixteen full lists of a contract. */
const PARTS_MAX = 1 << 20;

/**
 * A copy that holds nothing but data: getters have run, absent fields are left out. Where a part is no data there is
 * a function with the `words` for it, which the engine refuses with its place, or leaves out with a field that no contract
 * knows; so it is with the whole, if that is beyond a limit.
 */
export function plain(value: unknown): unknown {
  try {
    return plainArgument(value);
  } catch (thrown) {
    if (/^TOO_/.test(`${(thrown as AimDbError | null)?.code}`)) {
      return stray((thrown as AimDbError).message);
    }
    throw thrown;
  }
}

/** The same of what is no value of a record; throws where it is beyond a limit. */
export function plainArgument(value: unknown): unknown {
  return new Copy().of(value, 0);
}

/** What stands for a part that is no data. */
function stray(words: string): unknown {
  return Object.assign(() => {}, { words });
}

/** What a part is of which there is no data, in the words of the engine. */
export function strayWords(part: unknown): string {
  if (typeof part === 'function') return (part as { words?: string }).words ?? 'a function';
  return typeof part === 'symbol' ? 'a symbol' : 'nothing';
}

class Copy {
  #parts = 0;

  of(value: unknown, depth: number): unknown {
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') {
      return stray(strayWords(value));
    }
    if (typeof value !== 'object' || value === null) return value;
    // A moment; one that is none becomes a NaN, which is refused with its place.
    if (value instanceof Date) return time(value);
    if (depth === DEPTH_MAX) {
      throw new AimDbError('TOO_DEEP', `a value deeper than ${DEPTH_MAX} levels`);
    }
    if (isList(value)) {
      const list: unknown[] = [];
      for (let at = 0; at < value.length; at++) list.push(this.#part(value[at], depth));
      return list;
    }
    // Without a prototype, so that a field named `__proto__` is a field.
    const copy: Record<string, unknown> = Object.create(null);
    const names = Object.keys(value);
    if (names.length === 0 && !isPlain(value)) return stray(noData(value));
    for (const name of names) {
      const part = (value as Record<string, unknown>)[name];
      if (part !== undefined) copy[name] = this.#part(part, depth);
    }
    return copy;
  }

  #part(part: unknown, depth: number): unknown {
    this.#parts += 1;
    if (this.#parts > PARTS_MAX) throw new AimDbError('TOO_LARGE', `more than ${PARTS_MAX} parts`);
    return this.of(part, depth + 1);
  }
}

function time(date: Date): number {
  try {
    return date.getTime();
  } catch {
    return Number.NaN;
  }
}

/** Whether it is an object of no class; one of a class may have fields, but a `Map` or a promise has none. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function noData(value: object): string {
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } }).constructor
    ?.name;
  const what = typeof name === 'string' && name !== '' ? name : 'a class without a name';
  return `an object of ${what}, which has no fields: write its content`;
}

/** Whether it is an array, typed or not; a `DataView` has no parts. */
function isList(value: object): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** JSON text as a value that nobody can change. */
export function frozenJson(text: string): unknown {
  return deepFreeze(JSON.parse(text));
}

/** Freezes data that has just been parsed, however deeply it is nested. */
export function deepFreeze<T>(value: T): T {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const part = open.pop();
    if (typeof part !== 'object' || part === null || Object.isFrozen(part)) continue;
    Object.freeze(part);
    for (const inner of Object.values(part)) open.push(inner);
  }
  return value;
}
