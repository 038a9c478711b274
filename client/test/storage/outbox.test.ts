/** The outbox, over IndexedDB in Chromium and over memory in Node. */
import { ENTRY_BYTES_MAX } from '@aimdb/wasm/storage';
import { describe, expect, test } from 'vitest';
import { codeOf, handOver, ids, opened, put, remove } from './support/storages.js';

const isNode = typeof indexedDB === 'undefined';

test('says where it lies, and why not on the device', async () => {
  const { storage } = await opened();
  expect(storage.kind).toBe(isNode ? 'memory' : 'indexeddb');
  expect(storage.reason?.code).toBe(isNode ? 'STORAGE_UNAVAILABLE' : undefined);
});

test('a device has 128 random bits, and each storage its own', async () => {
  const [one, other] = [await opened(), await opened()];
  expect(one.storage.device).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), epoch: 0 });
  expect(one.storage.device.id).not.toBe(other.storage.device.id);
});

test('taking over grows the epoch', async () => {
  const { storage } = await opened();
  const taken = await Promise.all([storage.takeOver(), storage.takeOver(), storage.takeOver()]);
  expect(taken.map(({ epoch }) => epoch).toSorted()).toEqual([1, 2, 3]);
  expect(storage.device.epoch).toBe(3);
});

test('entries come back in the order of their numbers, with their marks', async () => {
  const { storage } = await opened();
  const entry = {
    topic: 'a/b',
    payload: '{"x":1}',
    when: new Date(5),
    more: new Map([[1, new Set(['x'])]]),
  };
  await storage.commit([put(10), { ...put(9, entry), handedOver: true }, put(1, 'x', 'a')]);
  await storage.commit([put(2)]);
  expect(await storage.outbox()).toEqual([
    { client: 'a', id: 1, handedOver: false, entry: 'x' },
    { client: 'device', id: 2, handedOver: false, entry: 'payload 2' },
    { client: 'device', id: 9, handedOver: true, entry },
    { client: 'device', id: 10, handedOver: false, entry: 'payload 10' },
  ]);
});

test('more entries than are read at a time come back, each once', async () => {
  const { storage } = await opened();
  const all = Array.from({ length: 1500 }, (_, id) => id);
  await storage.commit(all.map((id) => put(id)));
  expect(await ids(storage)).toEqual(all);
  expect((await storage.estimate()).outboxEntries).toBe(1500);
});

test('an entry is what it was when it was given', async () => {
  const { storage } = await opened();
  const entry = { text: 'before' };
  const done = storage.commit([put(1, entry)]);
  entry.text = 'after';
  await done;
  const [read] = await storage.outbox<{ text: string }>();
  expect(read?.entry.text).toBe('before');
});

test('operations take effect in their order, within a call and over calls', async () => {
  const { storage } = await opened();
  const calls = [
    storage.commit([put(1), remove(1), put(2), handOver(2), put(2, 'newer')]),
    storage.commit([put(3), handOver(4), put(4)]),
    storage.commit([remove(3), remove(77)]),
  ];
  const read = storage.outbox();
  await Promise.all(calls);
  const after = [
    { client: 'device', id: 2, handedOver: true, entry: 'newer' },
    { client: 'device', id: 4, handedOver: false, entry: 'payload 4' },
  ];
  expect(await read).toEqual(after);
  expect(await storage.outbox()).toEqual(after);
});

test('what is refused leaves everything as it was', async () => {
  const { storage } = await opened();
  const check = async (operation: object, code: string) => {
    expect(await codeOf(storage.commit([put(1), operation as never]))).toBe(code);
    expect(await ids(storage)).toEqual([]);
  };
  await check({ op: 'putt', client: 'a', id: 1 }, 'OPTIONS_INVALID');
  await check({ op: 'toString', client: 'a', id: 1 }, 'OPTIONS_INVALID');
  await check({ op: 'handOver', client: 'a', id: 1, entry: 1 }, 'OPTIONS_INVALID');
  await check(put(-1), 'OPTIONS_INVALID');
  await check(put(0.5), 'OPTIONS_INVALID');
  await check(put(2 ** 53), 'OPTIONS_INVALID');
  await check(put(1, 'x', ''), 'CLIENT_NAME_INVALID');
  await check(put(1, 'x', 'ä'), 'CLIENT_NAME_INVALID');
  await check(put(1, 'x', 'a'.repeat(65)), 'CLIENT_NAME_INVALID');
  await check(
    put(1, () => {}),
    'NOT_DATA',
  );
  await check(put(1, { deep: [Symbol('x')] }), 'NOT_DATA');
  await check(put(1, { deep: [/x/] }), 'NOT_DATA');
  await check(put(1, new (class Own {})()), 'NOT_DATA');
  await check(put(1, 'x'.repeat(ENTRY_BYTES_MAX)), 'STORAGE_TOO_LARGE');
  await check(put(1, 'ł'.repeat(ENTRY_BYTES_MAX / 2)), 'STORAGE_TOO_LARGE');
  await check(put(1, new Array(1e9)), 'STORAGE_TOO_LARGE');
  await check(put(1, new Uint8Array(ENTRY_BYTES_MAX)), 'STORAGE_TOO_LARGE');
  await check({ ...remove(1), letter: 'x'.repeat(ENTRY_BYTES_MAX) }, 'STORAGE_TOO_LARGE');
  await storage.commit([put(1, 'x'.repeat(ENTRY_BYTES_MAX - 8))]);
  expect(await ids(storage)).toEqual([1]);
});

test('a circle is data, and counted once', async () => {
  const { storage } = await opened();
  const circle: { self?: unknown } = {};
  circle.self = circle;
  await storage.commit([put(1, circle)]);
  const [{ entry } = { entry: {} as typeof circle }] = await storage.outbox<typeof circle>();
  expect(entry.self).toBe(entry);
});

describe('a full outbox', () => {
  test('refuses entries beyond its number; marks, removals and other values go through', async () => {
    const { storage, notices } = await opened({ outboxEntriesMax: 2 });
    await storage.commit([put(1), put(2)]);
    const refused = codeOf(storage.commit([handOver(1), put(3), put(4)]));
    const fits = codeOf(storage.commit([put(2, 'other')]));
    expect([await refused, await fits]).toEqual(['STORAGE_FULL entries', 'none']);
    expect(await storage.outbox()).toEqual([
      { client: 'device', id: 1, handedOver: true, entry: 'payload 1' },
      { client: 'device', id: 2, handedOver: false, entry: 'other' },
    ]);
    expect(await codeOf(storage.commit([put(5)]))).toBe('STORAGE_FULL entries');
    expect(await codeOf(storage.commit([remove(1), put(5)]))).toBe('none');
    expect(await codeOf(storage.commit([put(6)]))).toBe('STORAGE_FULL entries');
    expect(await ids(storage)).toEqual([2, 5]);
    // Told when it became full, and again after there had been room.
    expect(notices.map(({ kind }) => kind)).toEqual(['full', 'full']);
  });

  test('refuses entries beyond its bytes, and never a smaller one in the place of another', async () => {
    const { storage } = await opened({ outboxBytesMax: 1024 });
    await storage.commit([put(1, 'x'.repeat(900))]);
    expect(await codeOf(storage.commit([put(2, 'x'.repeat(200))]))).toBe('STORAGE_FULL bytes');
    await storage.commit([put(1, 'x'.repeat(800))]);
    await storage.commit([put(2, 'x'.repeat(200))]);
    const { outboxBytes, outboxEntries } = await storage.estimate();
    expect([outboxBytes, outboxEntries]).toEqual([800 + 200 + 16, 2]);
    await storage.commit([remove(1), remove(2)]);
    expect((await storage.estimate()).outboxBytes).toBe(0);
  });

  test('refuses what would wait in memory without end', async () => {
    const { storage } = await opened();
    const many = Array.from({ length: 100_000 }, () => handOver(1));
    const calls = [storage.commit(many), storage.commit([put(1)]), storage.commit([remove(1)])];
    expect(await Promise.all(calls.map(codeOf))).toEqual(['none', 'STORAGE_FULL waiting', 'none']);
  });
});

test('a closed storage ends what was committed and refuses the rest', async () => {
  const { storage } = await opened();
  const done = codeOf(storage.commit([put(1)]));
  await storage.close();
  expect(await done).toBe('none');
  for (const work of [
    storage.commit([put(2)]),
    storage.outbox(),
    storage.takeOver(),
    storage.cache.all(),
    storage.deadLetters.list(),
    storage.estimate(),
  ]) {
    expect(await codeOf(work)).toBe('STORAGE_CLOSED');
  }
});

test('options that cannot be used are named', async () => {
  const check = async (options: object) =>
    expect(await codeOf(opened(options))).toBe('OPTIONS_INVALID');
  await check({ nam: 'x' });
  await check({ name: '' });
  await check({ name: 'x'.repeat(257) });
  await check({ user: '' });
  await check({ user: 5 });
  await check({ cacheBytesMax: 1 });
  await check({ outboxEntriesMax: 100_001 });
  await check({ outboxBytesMax: Number.NaN });
  await check({ onNotice: 'x' });
});
