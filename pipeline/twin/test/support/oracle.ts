/** The rules of writing and comparing in the plainest form: whole copies, no sharing, no indexes. */

/** What is read at a path; `length` of an array included. */
export function read(root: unknown, path: string): unknown {
  let value = root;
  for (const segment of split(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[segment];
  }
  return value;
}

/** The state after one write; undefined where that is an error. */
export function write(root: unknown, path: string, value: unknown): { root: unknown } | undefined {
  const copy = { root: structuredClone(root) };
  let container: Record<string, unknown> = copy;
  let key = 'root';
  for (const segment of split(path)) {
    const isIndex = /^(0|[1-9]\d*)$/.test(segment);
    const isNil = container[key] === undefined || container[key] === null;
    if (isNil) container[key] = isIndex && container !== copy ? [] : {};
    const next = container[key];
    if (typeof next !== 'object' || next === null) return undefined;
    if (Array.isArray(next) && !(isIndex && Number(segment) <= next.length)) return undefined;
    container = next as Record<string, unknown>;
    key = segment;
  }
  container[key] = structuredClone(value);
  return copy;
}

/** A batch without rules: the state after it, or undefined when it is refused. */
export function batch(
  before: unknown,
  changes: readonly (readonly [path: string, value: unknown])[],
): { root: unknown } | undefined {
  let root = before;
  for (const [index, [path, value]] of changes.entries()) {
    const isCoalesced = changes.slice(index + 1).some(([later]) => later === path);
    const isObject = typeof value === 'object' && value !== null;
    if (isCoalesced || (!isObject && Object.is(read(root, path), value))) continue;
    const written = write(root, path, value);
    if (written === undefined) return undefined;
    root = written.root;
  }
  return { root };
}

/** Components by flood fill over a plain list of edges. */
export function flood(edges: readonly (readonly [string, string])[]): string[][] {
  const components = edges.flat().map((start) => {
    const reached = new Set([start]);
    for (let size = 0; size !== reached.size; ) {
      size = reached.size;
      for (const edge of edges)
        if (edge.some((end) => reached.has(end))) edge.map((end) => reached.add(end));
    }
    return [...reached].sort().join();
  });
  return [...new Set(components)].sort().map((members) => members.split(','));
}

function split(path: string): string[] {
  return path === '' ? [] : path.split('.');
}
