/**
 * Whom a batch has to call, in which order, and with which changes.
 *
 * A listener is woken by a change at, above or below one of its paths, once a batch. The deepest come first: by the
 * depth of their deepest path, then of their scope, then in the order of registration. Calling is the caller's work;
 * what a listener answers is a batch of its own.
 */
import { distinct, isAtOrBelow, type Path, segmentsBetween } from '../state/paths.js';
import { Registry } from '../affected/registry.js';

interface Listener {
  readonly scope: Path;
  readonly depth: number;
}

/** Who is called with what. */
export interface ListenerCall {
  readonly listener: number;
  /** Indexes into the changes of the report, with the path of each relative to the listener's scope. */
  readonly changes: { readonly index: number; readonly relativePath: string }[];
}

/** The registry of listeners. */
export class Listeners {
  readonly #entries = new Registry<Listener>();

  /** Adds a listener. */
  add(paths: readonly Path[], scope: Path): number {
    const depth = Math.max(0, ...paths.map((path) => path.depth));
    return this.#entries.add({ scope, depth }, distinct(paths));
  }

  remove(id: number): void {
    this.#entries.remove(id);
  }

  /** Plans the calls for changes of these paths. */
  plan(paths: readonly Path[]): ListenerCall[] {
    if (this.#entries.isEmpty) return [];
    const calls = new Map<number, ListenerCall>();
    for (const [index, path] of paths.entries()) {
      for (const id of this.#entries.related(path)) {
        const listener = this.#entries.get(id);
        if (listener === undefined) continue;
        const call = calls.get(id) ?? { listener: id, changes: [] };
        call.changes.push({ index, relativePath: relative(path, listener.scope) });
        calls.set(id, call);
      }
    }
    return [...calls.values()].sort((left, right) => this.#compare(left.listener, right.listener));
  }

  #compare(left: number, right: number): number {
    const [one, other] = [this.#entries.get(left), this.#entries.get(right)];
    if (one === undefined || other === undefined) return left - right;
    return other.depth - one.depth || other.scope.depth - one.scope.depth || left - right;
  }
}

/** The path below the scope; `''` for one above it, and the whole path for one elsewhere. */
function relative(path: Path, scope: Path): string {
  if (isAtOrBelow(path, scope)) return segmentsBetween(scope, path).join('.');
  return isAtOrBelow(scope, path) ? '' : path.text;
}
