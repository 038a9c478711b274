/** Plain data: copied before it goes in, so that nothing of the caller runs inside the engine, and frozen when it comes out. */
import { type JsonPlaces, placesIn, placesOf } from './contract/json-places.js';
import { AimDbError, wordsOf } from './errors.js';

/** How deep a value may be nested; a value that contains itself is deeper than any limit. */
export const DEPTH_MAX = 64;
/** How many values one value may consist of: sixteen full lists of a contract. */
const PARTS_MAX = 1 << 20;

/**
 * A copy that holds nothing but data: getters have run, absent fields are left out. Where a part is no data there is
 * a function with the `words` for it, which the engine refuses with its place, or leaves out with a field that no contract
 * knows; so it is with the whole, if that is beyond a limit. Where any JSON may stand, what JSON would change is no data.
 */
export function plain(value: unknown, places: JsonPlaces = null): unknown {
  try {
    return new Copy('fields').of(value, 0, places);
  } catch (thrown) {
    if (/^TOO_/.test(`${(thrown as AimDbError | null)?.code}`)) {
      return stray((thrown as AimDbError).message);
    }
    throw thrown;
  }
}

/** The same of what is no value of a record: a contract, or options. Throws where it is beyond a limit. */
export function plainArgument(value: unknown): unknown {
  return new Copy('argument').of(value, 0, null);
}

/** A part that JSON would change or leave out. */
export interface NotJson {
  /** In the notation of the engine: `lines[0].count`; empty for the whole. */
  readonly path: string;
  /** What came, in the words of the engine. */
  readonly got: string;
}

/**
 * A copy that JSON text brings back as it is, or the first part of which there is none: whatever `JSON.stringify` turns into
 * something else, or leaves out. Never throws.
 */
export function plainJson(value: unknown): { readonly copy: unknown } | NotJson {
  return judged(new Copy('fields'), value, 'all');
}

/** The same, where a field that is undefined is absent: what a schema gave. */
export function plainOutput(value: unknown): { readonly copy: unknown } | NotJson {
  return judged(new Copy('output'), value, 'all');
}

/** The same, where what is absent or hidden is left out and getters are run: a schema that a library made. */
export function plainSchema(value: unknown): { readonly copy: unknown } | NotJson {
  return judged(new Copy('argument'), value, null);
}

function judged(copying: Copy, value: unknown, places: JsonPlaces) {
  let copy: unknown;
  try {
    copy = copying.of(value, 0, places);
  } catch (thrown) {
    return { path: '', got: wordsOf(thrown) };
  }
  return strayPart(copy, '', places === 'all') ?? { copy };
}

/** The first part of a copy that JSON has no word for; of large integers, where everybody must read the same number. */
export function strayPart(value: unknown, path: string, areSafe = true): NotJson | null {
  if (typeof value === 'string') return isWhole(value) ? null : { path, got: HALF };
  if (typeof value === 'number') {
    const isExact = Number.isFinite(value) && (!areSafe || isSafe(value));
    // A large integer is told as the engine does it.
    return isExact
      ? null
      : { path, got: Number.isInteger(value) ? value.toExponential() : `${value}` };
  }
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'bigint') return { path, got: `${value}n` };
  if (typeof value !== 'object') return { path, got: strayWords(value) };
  const isArray = Array.isArray(value);
  for (const [name, part] of Object.entries(value)) {
    if (!isWhole(name)) return { path, got: HALF };
    const at = isArray ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
    const found = strayPart(part, at, areSafe);
    if (found) return found;
  }
  return null;
}

const HALF = 'text with a lone surrogate';
const isWhole = (text: string): boolean => !/\p{Surrogate}/u.test(text);
/** A reader that has doubles may have another number than one that has integers, as far as there are integers that large. */
const isSafe = (number: number): boolean =>
  Math.abs(number) <= Number.MAX_SAFE_INTEGER || Math.abs(number) >= 2 ** 64;

/** What stands for a part that is no data. */
function stray(words: string): unknown {
  return Object.assign(() => {}, { words });
}

/** What a part is of which there is no data, in the words of the engine. */
export function strayWords(part: unknown): string {
  if (typeof part === 'function') return (part as { words?: string }).words ?? 'a function';
  return typeof part === 'symbol' ? 'a symbol' : 'nothing';
}

/**
 * How a value is read. `fields`: a contract says what each part is, so that a moment, a bigint, a typed array and the fields of
 * a class go in as what it says. `argument`: nobody says so. `output`: what a schema gave, in which undefined is absent.
 */
type Reading = 'fields' | 'argument' | 'output';

class Copy {
  readonly #reading: Reading;
  #parts = 0;
  /** What the part that is being read is in. */
  readonly #around: object[] = [];

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  of(value: unknown, depth: number, places: JsonPlaces): unknown {
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') {
      return stray(strayWords(value));
    }
    if (typeof value !== 'object' || value === null) {
      return places === 'all' ? exactScalar(value) : value;
    }
    const inside = placesIn(value, places);
    if (value instanceof Date && inside !== 'all' && this.#reading === 'fields') return time(value);
    if (depth === DEPTH_MAX) {
      const words = `a value deeper than ${DEPTH_MAX} levels`;
      if (inside === 'all') return stray(words);
      throw new AimDbError('TOO_DEEP', words);
    }
    if (inside === 'all' && this.#around.includes(value)) {
      return stray('a value deeper than any, since it holds itself');
    }
    this.#around.push(value);
    const copy = this.#object(value, depth, inside);
    this.#around.pop();
    return copy;
  }

  #object(value: object, depth: number, places: JsonPlaces): unknown {
    const isExact = places === 'all';
    if (Array.isArray(value) || (isTyped(value) && !isExact && this.#reading === 'fields')) {
      return this.#list(value as ArrayLike<unknown>, depth, places);
    }
    if (!isPlain(value)) {
      // A class says by its fields what it holds; one of the platform has none, or none that matter.
      const hasFields = !isExact && !isPlatforms(value) && Object.keys(value).length > 0;
      if (!hasFields) return stray(noData(value));
    }
    // Without a prototype, so that a field named `__proto__` is a field.
    const copy: Record<string, unknown> = Object.create(null);
    if (isExact) {
      for (const name of Reflect.ownKeys(value)) {
        const field = Object.getOwnPropertyDescriptor(value, name);
        // What is hidden from everybody is no data.
        if (!field?.enumerable) continue;
        if (typeof name === 'symbol') return stray(`a field under ${wordsOf(name)}`);
        const part = 'value' in field ? field.value : stray('a getter or setter');
        if (part === undefined && this.#reading === 'output') continue;
        copy[name] = this.#part(part, depth, places);
      }
      return copy;
    }
    for (const name of Object.keys(value)) {
      const part = (value as Record<string, unknown>)[name];
      if (part !== undefined) copy[name] = this.#part(part, depth, placesOf(places, name));
    }
    return copy;
  }

  #list(value: ArrayLike<unknown>, depth: number, places: JsonPlaces): unknown {
    const list: unknown[] = [];
    for (let at = 0; at < value.length; at++) {
      list.push(this.#part(value[at], depth, placesOf(places, at)));
    }
    if (places !== 'all') return list;
    // The prototype of arrays is an array, in every realm; that of a class is not.
    if (!Array.isArray(Object.getPrototypeOf(value))) return stray(noData(value));
    // A hole has been refused as an element by now.
    const isBare = Object.keys(value).length <= value.length;
    return isBare ? list : stray('a list that has fields too');
  }

  #part(part: unknown, depth: number, places: JsonPlaces): unknown {
    this.#parts += 1;
    if (this.#parts > PARTS_MAX) throw new AimDbError('TOO_LARGE', `more than ${PARTS_MAX} parts`);
    return this.of(part, depth + 1, places);
  }
}

/** A scalar that JSON brings back as it is; of numbers that are too large the engine has the words. */
function exactScalar(value: unknown): unknown {
  if (Object.is(value, -0)) return stray('-0, which JSON gives back as 0');
  const isSmall = typeof value === 'bigint' && BigInt.asIntN(53, value) === value;
  return isSmall ? stray('a bigint, which JSON gives back as a number') : value;
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
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  // The prototype of another realm's objects; an object that merely inherits from a bare one has fields that are not its own.
  return (
    Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'propertyIsEnumerable')
  );
}

/** Whether what it holds is not in fields, whatever fields it has: a boxed text shows its letters as such. */
function isPlatforms(value: object): boolean {
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return PLATFORMS.test(tag);
}

const PLATFORMS =
  /^(Number|String|Boolean|BigInt|Symbol|Date|RegExp|Error|DOMException|Map|Set|Weak\w+|Promise|\w+Array|(Shared)?ArrayBuffer|DataView|URL|URLSearchParams|Blob|File|Response|Request)$/;

function noData(value: object): string {
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)
    ?.constructor?.name;
  const what = typeof name === 'string' && name !== '' ? name : 'a class without a name';
  const has =
    isPlatforms(value) || Object.keys(value).length === 0 ? 'has no fields' : 'JSON has not';
  return `an object of ${what}, which ${has}: write its content`;
}

/** Whether it is a typed array; a `DataView` has no parts. */
function isTyped(value: object): boolean {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
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
