/** The cache and the dead letters, over IndexedDB in Chromium and over memory in Node. */
import { LETTERS_MAX } from '@aimdb/wasm/storage';
import { expect, test } from 'vitest';
import { codeOf, ids, opened, put, remove } from './support/storages.js';

test('gives back what was put last, by key', async () => {
  const { storage } = await opened();
  const { cache } = storage;
  await cache.putMany([
    { key: 'b', value: { celsius: 1 }, version: ['server', 5] },
    { key: 'a', value: null },
    { key: 'b', value: { celsius: 2 }, version: ['server', 6] },
  ]);
  const b = { key: 'b', value: { celsius: 2 }, version: ['server', 6] };
  expect(await cache.get('b')).toEqual(b);
  expect(await cache.all()).toEqual([{ key: 'a', value: null, version: undefined }, b]);
  await cache.remove('b');
  await cache.remove('never');
  expect(await cache.get('b')).toBeUndefined();
  await cache.clear();
  expect(await cache.all()).toEqual([]);
  expect((await storage.estimate()).cacheBytes).toBe(0);
});

test('writes are in it in the order of the calls', async () => {
  const { storage } = await opened();
  const writes = Array.from({ length: 20 }, (_, value) => storage.cache.put({ key: 'a', value }));
  expect((await storage.cache.get('a'))?.value).toBe(19);
  await Promise.all(writes);
});

test('beyond its bytes the least recently written go, and never the outbox', async () => {
  const { storage, notices } = await opened({ cacheBytesMax: 1024 });
  await storage.commit([put(1, 'x'.repeat(5000))]);
  // Each takes 317 bytes: its text, its key, and a slot each for value and version.
  for (const key of ['a', 'b', 'c']) await storage.cache.put({ key, value: 'x'.repeat(300) });
  await storage.cache.put({ key: 'a', value: 'y'.repeat(300) });
  await storage.cache.put({ key: 'd', value: 'x'.repeat(300) });
  expect((await storage.cache.all()).map(({ key }) => key)).toEqual(['a', 'c', 'd']);
  expect(notices).toEqual([
    { kind: 'evicted', what: 'cache', why: 'limit', entries: 1, bytes: 317 },
  ]);
  expect(await ids(storage)).toEqual([1]);
  expect(await codeOf(storage.cache.put({ key: 'e', value: 'x'.repeat(2000) }))).toBe(
    'STORAGE_TOO_LARGE',
  );
  expect((await storage.estimate()).cacheBytes).toBe(3 * 317);
});

test('keys that cannot be are refused', async () => {
  const { storage } = await opened();
  for (const key of ['', 'x'.repeat(1025), '\ud800', 5 as never]) {
    expect(await codeOf(storage.cache.put({ key, value: 1 }))).toBe('KEY_INVALID');
    expect(await codeOf(storage.cache.get(key))).toBe('KEY_INVALID');
    expect(await codeOf(storage.cache.remove(key))).toBe('KEY_INVALID');
  }
});

test('a removal can leave a letter in the same transaction', async () => {
  const { storage } = await opened();
  await storage.commit([put(1), put(2)]);
  await storage.commit([{ ...remove(1), letter: { why: 'refused' } }, remove(2)]);
  await storage.deadLetters.add('device', 7, 'by hand');
  expect(await ids(storage)).toEqual([]);
  expect(await storage.deadLetters.list()).toEqual([
    { client: 'device', id: 1, letter: { why: 'refused' } },
    { client: 'device', id: 7, letter: 'by hand' },
  ]);
  await storage.deadLetters.remove('device', 1);
  await storage.deadLetters.remove('device', 1);
  expect((await storage.deadLetters.list()).map(({ id }) => id)).toEqual([7]);
  expect((await storage.estimate()).deadLetterBytes).toBe(15);
});

test('beyond their number the oldest letters go, with a notice', async () => {
  const { storage, notices } = await opened();
  const all = Array.from({ length: LETTERS_MAX + 3 }, (_, at) => LETTERS_MAX + 3 - at);
  await storage.commit(all.map((id) => ({ ...remove(id), letter: 'x' })));
  const kept = (await storage.deadLetters.list()).map(({ id }) => id);
  expect(kept).toEqual(all.slice(3).reverse());
  expect(notices).toEqual([
    { kind: 'evicted', what: 'deadLetters', why: 'limit', entries: 3, bytes: 27 },
  ]);
});

test('beyond their bytes too', async () => {
  const { storage } = await opened();
  for (let id = 0; id < 20; id++) await storage.deadLetters.add('device', id, 'x'.repeat(250_000));
  const kept = (await storage.deadLetters.list()).map(({ id }) => id);
  expect(kept).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});
