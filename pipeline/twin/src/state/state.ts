/**
 * The state: one plain value with structural sharing, written by copying the way from the root to the change.
 *
 * What did not change keeps its identity; what was there before a transaction is never touched, so that undoing is
 * going back to the old root. Writing creates what is missing above (arrays for decimal segments) and refuses to
 * write through a primitive, to anything but an index of an array, and past an array's end by more than one.
 */
import { PipelineError } from '../error.js';
import { arrayIndex, type Path, SEGMENTS_MAX } from './paths.js';
import { ABSENT, at, type Container, isContainer, isPlain, own, setKey } from './values.js';

/** The most values the inputs of one batch may write. */
export const WRITES_MAX = 1 << 21;
/** The most values the rules may write in one batch: rules that copy each other's objects ever deeper end here. */
export const DERIVED_WRITES_MAX = 1 << 17;

/** The state. */
export class State {
  #root: unknown = {};
  #before: unknown = this.#root;
  /** Containers made since the transaction began that nobody else has seen: they are changed in place. */
  #fresh = new Set<Container>();
  #writesMax = WRITES_MAX;
  #writesLeft = WRITES_MAX;

  /** The whole state. */
  get root(): unknown {
    this.#fresh.clear();
    return this.#root;
  }

  /** The whole state before the transaction. */
  get before(): unknown {
    return this.#before;
  }

  /** What is at a path, or {@link ABSENT}; `length` below an array is its length. A container must only be looked at. */
  look(path: Path): unknown {
    return lookIn(this.#root, path);
  }

  /** What is at a path, to be kept: later writes do not change it. */
  capture(path: Path): unknown {
    const value = this.look(path);
    if (isContainer(value)) this.#fresh.clear();
    return value;
  }

  /** The keys of what is at a path, an array's in order. */
  keys(path: Path): string[] {
    const value = this.look(path);
    return isContainer(value) ? Object.keys(value) : [];
  }

  /** Sets how many more values may be written. */
  allowWrites(writesMax: number): void {
    this.#writesMax = writesMax;
    this.#writesLeft = writesMax;
  }

  /** Writes a value, whatever was there. */
  write(path: Path, value: unknown): void {
    this.#count(value, path.depth);
    this.#root = this.#put(this.#root, path, 0, value);
  }

  /** Takes back every write since the last commit. */
  undo(): void {
    this.#root = this.#before;
    this.#fresh.clear();
  }

  /** Makes the writes final. */
  commit(): void {
    this.#before = this.#root;
    this.#fresh.clear();
  }

  #put(old: unknown, path: Path, depth: number, value: unknown): unknown {
    const segment = path.segments[depth];
    if (segment === undefined) return value;
    const container = this.#opened(old, path, depth, segment);
    if (Array.isArray(container)) {
      const index = elementIndex(container, path, segment);
      const element = index < container.length ? container[index] : ABSENT;
      container[index] = this.#put(element, path, depth + 1, value);
    } else {
      const found = own(container, segment);
      setKey(container, segment, this.#put(found, path, depth + 1, value));
    }
    return container;
  }

  /** A container that may be changed, with what the old one holds. */
  #opened(old: unknown, path: Path, depth: number, segment: string): Container {
    if (isContainer(old)) {
      if (this.#fresh.has(old)) return old;
      return this.#made(Array.isArray(old) ? [...old] : { ...old });
    }
    if (old === ABSENT || old === undefined || old === null) {
      return this.#made(depth > 0 && arrayIndex(segment) !== undefined ? [] : {});
    }
    const blockedAt = path.segments.slice(0, depth).join('.');
    const message = `cannot write '${path.text}': '${blockedAt}' holds a value that is no object`;
    throw new PipelineError('THROUGH_PRIMITIVE', message, path.text);
  }

  #made(container: Container): Container {
    this.#fresh.add(container);
    return container;
  }

  /** Shared parts count as often as they can be reached: that is what a reader would have to copy. */
  #count(value: unknown, depth: number): void {
    this.#writesLeft -= 1;
    if (this.#writesLeft < 0) {
      const message = `the rules wrote more than ${this.#writesMax} values in one batch`;
      throw new PipelineError('TOO_MANY_WRITES', message);
    }
    if (depth > SEGMENTS_MAX) {
      const message = `a path has ${depth} segments, which is too many`;
      throw new PipelineError('PATH_TOO_DEEP', message);
    }
    if (Array.isArray(value)) {
      for (const item of value) this.#count(item, depth + 1);
    } else if (isPlain(value)) {
      for (const key of Object.keys(value)) this.#count(value[key], depth + 1);
    }
  }
}

/** What is at a path of a value. */
export function lookIn(root: unknown, path: Path): unknown {
  const value = at(root, path.segments);
  if (value !== ABSENT || path.segments.at(-1) !== 'length') return value;
  const above = at(root, path.segments.slice(0, -1));
  return Array.isArray(above) ? above.length : ABSENT;
}

function elementIndex(array: unknown[], path: Path, segment: string): number {
  const index = arrayIndex(segment);
  if (index === undefined) {
    const message = `cannot write '${path.text}': an array takes only indexes`;
    throw new PipelineError('NOT_AN_INDEX', message, path.text);
  }
  if (index > array.length) {
    const message = `cannot write '${path.text}': the array has ${array.length} elements, the next index is ${array.length}`;
    throw new PipelineError('PAST_ARRAY_END', message, path.text);
  }
  return index;
}
