/**
 * Who watches which path, answering for a changed path: who watches it, a path above it, or one below it.
 *
 * A tree of segments. Branches in which nobody watches do not exist, so that nothing stays of dynamic keys.
 */
import { type Path, ROOT } from '../state/paths.js';

interface Node<Watcher> {
  readonly watchers: Watcher[];
  readonly children: Map<string, Node<Watcher>>;
}

/** The index from paths to watchers of its owner's choice. */
export class Watch<Watcher> {
  readonly #root: Node<Watcher> = newNode();
  #count = 0;

  /** Whether nobody watches anything. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Adds a watcher of a path. */
  add(path: Path, watcher: Watcher): void {
    let node = this.#root;
    for (const segment of path.segments) {
      let next = node.children.get(segment);
      if (next === undefined) {
        next = newNode();
        node.children.set(segment, next);
      }
      node = next;
    }
    node.watchers.push(watcher);
    this.#count += 1;
  }

  /** Removes a watcher added before; others of the same path stay. */
  remove(path: Path, watcher: Watcher): void {
    const way = this.#way(path);
    if (way.length <= path.depth) return;
    const watchers = way[path.depth]?.watchers ?? [];
    const index = watchers.indexOf(watcher);
    if (index < 0) return;
    watchers.splice(index, 1);
    this.#count -= 1;
    for (let depth = path.depth; depth > 0; depth -= 1) {
      const node = way[depth];
      if (node === undefined || node.watchers.length > 0 || node.children.size > 0) return;
      way[depth - 1]?.children.delete(path.segments[depth - 1] ?? '');
    }
  }

  /** The watchers of the path itself and of each path above it, from below. */
  upwards(path: Path): Watcher[] {
    if (this.#count === 0) return [];
    return this.#way(path)
      .reverse()
      .flatMap((node) => node.watchers);
  }

  /** The watchers of each path below the given one, whose own are left out. */
  below(path: Path): Watcher[] {
    if (this.#count === 0) return [];
    const node = this.#way(path)[path.depth];
    const found: Watcher[] = [];
    if (node !== undefined) collectBelow(node, found);
    return found;
  }

  /** All whom a change of the path concerns. */
  related(path: Path): Watcher[] {
    if (this.#count === 0) return [];
    return [...this.upwards(path), ...this.below(path)];
  }

  /** Everybody. */
  all(): Watcher[] {
    return this.related(ROOT);
  }

  /** The nodes from the root towards the path, as far as there are any. */
  #way(path: Path): Node<Watcher>[] {
    const way = [this.#root];
    let node = this.#root;
    for (const segment of path.segments) {
      const next = node.children.get(segment);
      if (next === undefined) break;
      way.push(next);
      node = next;
    }
    return way;
  }
}

function newNode<Watcher>(): Node<Watcher> {
  return { watchers: [], children: new Map() };
}

function collectBelow<Watcher>(node: Node<Watcher>, found: Watcher[]): void {
  for (const next of node.children.values()) {
    found.push(...next.watchers);
    collectBelow(next, found);
  }
}
