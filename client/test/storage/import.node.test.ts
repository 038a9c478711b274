/** Importing the storage touches nothing of the platform, and importing the rest brings nothing of the storage. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url));

test('importing it asks the platform for nothing, and opening it for IndexedDB', async () => {
  const asked: string[] = [];
  for (const name of ['indexedDB', 'navigator', 'IDBKeyRange', 'IDBDatabase', 'crypto'] as const) {
    const given = Object.getOwnPropertyDescriptor(globalThis, name);
    const get = () => {
      asked.push(name);
      return given?.get?.call(globalThis) ?? given?.value;
    };
    Object.defineProperty(globalThis, name, { configurable: true, get });
  }
  const { openStorage } = await import('@aimdb/wasm/storage');
  expect(asked).toEqual([]);
  const storage = await openStorage();
  expect(asked).toContain('indexedDB');
  expect([storage.kind, storage.reason?.code]).toEqual(['memory', 'STORAGE_UNAVAILABLE']);
  await storage.close();
});

test('nothing outside of it imports it, and it imports no engine', () => {
  const all = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const imports = all.flatMap((file) => {
    const text = readFileSync(join(SOURCE, file), 'utf8');
    return [...text.matchAll(/from '([^']+)'/g)].map(
      ([, path]) => [file, path] as [string, string],
    );
  });
  const [inside, outside] = [true, false].map((isInside) =>
    imports.filter(([file]) => file.startsWith('storage/') === isInside),
  );
  expect(inside?.length).toBeGreaterThan(50);
  expect(outside?.filter(([, path]) => path.includes('storage/') || path === 'idb')).toEqual([]);
  const above = inside
    ?.map(([file, path]) => (path.startsWith('.') ? join(dirname(file), path) : path))
    .filter((path) => !path.startsWith('storage/'));
  expect([...new Set(above)].toSorted()).toEqual([
    'codes.js',
    'errors.js',
    'idb',
    'listeners.js',
    'numbers.js',
    'options.js',
    'report.js',
    'turn.js',
    'types.js',
  ]);
});
