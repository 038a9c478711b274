/** Values as they are handed out: frozen as far as they are known by structure, and compared by structure. */
import { isContainer, own } from './wasm/plain.js';

/**
 * Freezes objects and arrays with all below; a Date, a Map or the instance of a class stays as it is.
 *
 * Only for values of an engine: what is frozen there already is so with all below, and is not looked into again.
 */
export function freeze<T>(value: T): T {
  if (isContainer(value) && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}

/** Whether two values are the same with all below; opaque ones only if they are one object. */
export function isEqual(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (!isContainer(left) || !isContainer(right)) return false;
  const keys = Object.keys(left);
  return (
    Array.isArray(left) === Array.isArray(right) &&
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isEqual(own(left, key), own(right, key)))
  );
}
