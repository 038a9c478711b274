/**
 * The state as plain values, made only from what the engine reports.
 *
 * Guarantees: an object that was handed out is frozen and never changes; what did not change stays the same object.
 * Objects that nobody has seen are written in place, so that a feed that is read leaf by leaf copies nothing.
 */
import type { PathName } from './names.js';
import { type Container, isContainer, isIndex, own, setKey } from './plain.js';

/** Objects that nobody has seen are forgotten beyond this many; they are copied once more when they change. */
const FRESH_MAX = 4096;

export class Mirror {
  #root: Container = Object.freeze({});
  /** Objects made here that nobody has seen. */
  readonly #fresh = new Set<Container>();
  /** Where was written last: a feed writes many values below one parent. */
  #last: { readonly parent: string; readonly container: Container } | undefined;

  /** The state, handed out. */
  expose(): unknown {
    for (const container of this.#fresh) Object.freeze(container);
    this.#fresh.clear();
    this.#last = undefined;
    return this.#root;
  }

  /** What is at a path. An object is handed out. */
  get(segments: readonly string[]): unknown {
    let found: unknown = this.#root;
    for (const segment of segments) found = own(found, segment);
    if (this.#fresh.size > 0 && isContainer(found)) this.expose();
    return found;
  }

  /** Writes a value that is not written to any more, and creates what is missing above. */
  set({ segments, parent }: PathName, value: unknown): void {
    const key = segments[segments.length - 1];
    if (key === undefined) {
      this.#root = value as Container;
      this.#last = undefined;
      return;
    }
    if (parent === undefined || this.#last?.parent !== parent) {
      const container = this.#reach(segments);
      this.#last = parent === undefined ? undefined : { parent, container };
      setKey(container, key, value);
    } else {
      setKey(this.#last.container, key, value);
    }
  }

  /** The container above a path, to be written to. */
  #reach(segments: readonly string[]): Container {
    if (this.#fresh.size > FRESH_MAX) this.expose();
    this.#root = this.#writable(this.#root);
    let container = this.#root;
    for (let at = 0; at < segments.length - 1; at++) {
      const key = segments[at] as string;
      const below = own(container, key);
      const next = isContainer(below) ? this.#writable(below) : this.#create(segments[at + 1]);
      if (next !== below) setKey(container, key, next);
      container = next;
    }
    return container;
  }

  /** An empty object or array to be filled by what is set below it. */
  empty(isArray: boolean): Container {
    const made: Container = isArray ? [] : {};
    this.#fresh.add(made);
    return made;
  }

  #create(segment: string | undefined): Container {
    return this.empty(segment !== undefined && isIndex(segment));
  }

  /** The object itself while nobody has seen it, or else a copy. */
  #writable(container: Container): Container {
    if (this.#fresh.has(container)) return container;
    // Not `slice`: of a frozen array it takes fifty times as long.
    const copy = Array.isArray(container) ? [...container] : { ...container };
    this.#fresh.add(copy);
    return copy;
  }
}
