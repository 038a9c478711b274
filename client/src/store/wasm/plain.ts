/**
 * What the engine knows by structure: plain objects, also of another realm, and arrays. Everything else that is no
 * primitive is opaque: a Date, a Map, the instance of a class.
 */

/** A plain object. */
export type Plain = Record<string, unknown>;
/** What values can lie below. */
export type Container = Plain | unknown[];

export function isPlain(value: unknown): value is Plain {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return !Array.isArray(value) && Object.getPrototypeOf(prototype) === null;
}

export function isContainer(value: unknown): value is Container {
  return Array.isArray(value) || isPlain(value);
}

/** The array index a segment names, in the one form in which JavaScript writes it. */
export function isIndex(segment: string): boolean {
  return /^(0|[1-9]\d{0,8})$/.test(segment);
}

/** What lies under one key or index, by own keys only. */
export function own(container: unknown, segment: string): unknown {
  if (typeof container !== 'object' || container === null) return undefined;
  // Opaque values are not looked into.
  if (!Object.hasOwn(container, segment) || !isContainer(container)) return undefined;
  return (container as Plain)[segment];
}

/** Sets a key, also one that JavaScript would take for an instruction. */
export function setKey(target: Container, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    (target as Plain)[key] = value;
  }
}
