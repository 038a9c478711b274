/** No source files of the packages import each other in a circle, not even for types: each can be read before who uses it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const IMPORT = /(?:from|import)\s*\(?\s*'(\.[^']+)\.js'/g;

/** The files of a folder, each with those that it imports. */
function importsOf(folder: string): Map<string, string[]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => join(folder, file));
  const found = files.map((file) => {
    const named = [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, path]) =>
      join(dirname(file), path as string),
    );
    const all = named.flatMap((path) => [`${path}.ts`, `${path}.tsx`]).filter(existsSync);
    return [file, all] as const;
  });
  return new Map(found);
}

/** The way of each circle that is found, from a file back to itself. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]) => {
    const at = way.indexOf(file);
    if (at >= 0) found.push([...way.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    for (const next of imports.get(file) ?? []) walk(next, [...way, file]);
    done.add(file);
  };
  for (const file of imports.keys()) walk(file, []);
  return found;
}

test.each(['client/src', 'react-hooks/src'])('%s has none', (folder) => {
  const imports = importsOf(join(ROOT, folder));
  expect(imports.size).toBeGreaterThan(10);
  const ways = circles(imports).map((way) => way.map((file) => relative(ROOT, file)));
  expect(ways).toEqual([]);
});

test('a circle would be found, however long, and so would a file that imports itself', () => {
  const imports = new Map([
    ['a', ['b', 'd']],
    ['b', ['c']],
    ['c', ['d', 'a']],
    ['d', []],
    ['e', ['e']],
  ]);
  expect(circles(imports)).toEqual([
    ['a', 'b', 'c', 'a'],
    ['e', 'e'],
  ]);
});
