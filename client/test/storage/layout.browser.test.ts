/** The layout of the database: what it is, how an older one becomes this one, and what happens to a broken or newer one. */
import { LAYOUT, openStorage } from '@aimdb/wasm/storage';
import { expect, test } from 'vitest';
import {
  answerOf,
  codeOf,
  freshName,
  handOver,
  ids,
  opened,
  put,
  raw,
} from './support/storages.js';

/** Whoever changes this moves `LAYOUT`, and adds a step and a test from the layout before. */
const GOLDEN = {
  version: 2000,
  stores: {
    ballast: { keyPath: ['number'], autoIncrement: false, indexes: {} },
    cache: {
      keyPath: ['user', 'key'],
      autoIncrement: false,
      indexes: { byAge: ['user', 'age', 'bytes'] },
    },
    cacheMeta: { keyPath: ['kind', 'of'], autoIncrement: false, indexes: {} },
    letters: {
      keyPath: ['user', 'client', 'id'],
      autoIncrement: false,
      indexes: { byAge: ['user', 'age', 'bytes'] },
    },
    marks: { keyPath: ['user', 'client', 'id'], autoIncrement: false, indexes: {} },
    meta: { keyPath: ['kind', 'of'], autoIncrement: false, indexes: {} },
    outbox: { keyPath: ['user', 'client', 'id'], autoIncrement: false, indexes: {} },
    rescued: { keyPath: null, autoIncrement: true, indexes: {} },
  },
};

const DEVICE = { kind: 'device', of: '', id: '0123456789abcdef0123456789abcdef', epoch: 7 };
const row = (id: number, more: object = {}) => {
  return { user: '', client: 'device', id, handedOver: false, bytes: 13, entry: 'old 1', ...more };
};

function layoutOf(db: IDBDatabase): unknown {
  const look = db.transaction([...db.objectStoreNames]);
  const stores = [...db.objectStoreNames].map((name) => {
    const store = look.objectStore(name);
    const indexes = [...store.indexNames].map((index) => [index, store.index(index).keyPath]);
    const { keyPath, autoIncrement } = store;
    return [name, { keyPath, autoIncrement, indexes: Object.fromEntries(indexes) }];
  });
  return { version: db.version, stores: Object.fromEntries(stores) };
}

async function rowsOf(name: string, store: string): Promise<unknown[]> {
  const db = await raw(name);
  const rows = await answerOf(db.transaction(store).objectStore(store).getAll());
  db.close();
  return rows;
}

/** Layout 1, as it was: without marks, dead letters, ballast and rescued rows. */
function first(db: IDBDatabase, change: IDBTransaction): void {
  db.createObjectStore('meta', { keyPath: ['kind', 'of'] }).put(DEVICE);
  db.createObjectStore('outbox', { keyPath: ['user', 'client', 'id'] }).put(row(1));
  const cache = db.createObjectStore('cache', { keyPath: ['user', 'key'] });
  cache.createIndex('byAge', ['user', 'age', 'bytes']);
  cache.put({ user: '', key: 'a', age: 1, bytes: 25, value: 5, version: 6 });
  db.createObjectStore('cacheMeta', { keyPath: ['kind', 'of'] });
  change.objectStore('meta').put({ kind: 'outbox', of: '', entries: 1, bytes: 13, age: 0 });
  change.objectStore('cacheMeta').put({ kind: 'cache', of: '', entries: 1, bytes: 25, age: 1 });
}

/** A database of this layout with an entry in it, changed by hand afterwards, and opened again. */
async function changed(change: (db: IDBDatabase, change: IDBTransaction) => void) {
  const name = freshName();
  const before = await opened({ name });
  await before.storage.commit([put(1), handOver(1), put(2)]);
  await before.storage.cache.put({ key: 'a', value: 1 });
  await before.storage.deadLetters.add('device', 9, 'dead');
  const { device } = before.storage;
  await before.storage.close();
  const db = await raw(name, 2001, change);
  db.close();
  const after = await opened({ name });
  return { ...after, name, device };
}

const KEPT = [
  { client: 'device', id: 1, handedOver: true, entry: 'payload 1' },
  { client: 'device', id: 2, handedOver: false, entry: 'payload 2' },
];

test('is the golden one', async () => {
  const name = freshName();
  await opened({ name });
  const db = await raw(name);
  expect(layoutOf(db)).toEqual(GOLDEN);
  expect(db.version).toBe(LAYOUT * 1000);
  db.close();
});

test('of layout 1 becomes this one, with everything in it', async () => {
  const name = freshName();
  (await raw(name, 1000, first)).close();
  const { storage, notices } = await opened({ name });
  expect([storage.kind, storage.reason]).toEqual(['indexeddb', undefined]);
  expect(storage.device).toEqual({ id: DEVICE.id, epoch: 7 });
  expect(await storage.outbox()).toEqual([
    { client: 'device', id: 1, handedOver: false, entry: 'old 1' },
  ]);
  expect(await storage.cache.get('a')).toEqual({ key: 'a', value: 5, version: 6 });
  await storage.commit([handOver(1)]);
  expect((await storage.outbox())[0]?.handedOver).toBe(true);
  await storage.deadLetters.add('device', 1, 'new in layout 2');
  expect(await storage.deadLetters.list()).toHaveLength(1);
  expect(await storage.estimate()).toMatchObject({ outboxBytes: 13, cacheBytes: 25 });
  expect(notices).toEqual([]);
  const db = await raw(name);
  expect(layoutOf(db)).toEqual(GOLDEN);
  db.close();
});

test('a migration that fails takes everything back', async () => {
  const name = freshName();
  // An outbox where the key of a row cannot be: the second layout is refused by the mending, not lost.
  (await raw(name, 1000, first)).close();
  const create = IDBDatabase.prototype.createObjectStore;
  IDBDatabase.prototype.createObjectStore = () => {
    throw new DOMException('no', 'UnknownError');
  };
  try {
    const storage = await openStorage({ name });
    expect([storage.kind, storage.reason?.code]).toEqual(['memory', 'STORAGE_UNAVAILABLE']);
  } finally {
    IDBDatabase.prototype.createObjectStore = create;
  }
  const { storage } = await opened({ name });
  expect([storage.kind, await ids(storage)]).toEqual(['indexeddb', [1]]);
});

test.each(['cache', 'cacheMeta', 'rescued'])('without its store %s is mended', async (store) => {
  const { storage, notices, device, name } = await changed((db) => db.deleteObjectStore(store));
  expect(await storage.outbox()).toEqual(KEPT);
  expect(await storage.cache.all()).toEqual([]);
  expect(await storage.deadLetters.list()).toHaveLength(1);
  expect(storage.device).toEqual(device);
  expect(notices).toEqual([{ kind: 'wiped', what: ['cache'], why: 'broken', rescued: 0, device }]);
  expect((await storage.estimate()).outboxEntries).toBe(2);
  await storage.commit([put(3)]);
  const db = await raw(name);
  expect(layoutOf(db)).toEqual({ ...GOLDEN, version: 2002 });
  db.close();
});

test('without its marks takes every entry for handed over, since nobody may say that one was dropped', async () => {
  const { storage } = await changed((db) => db.deleteObjectStore('marks'));
  expect((await storage.outbox()).map(({ handedOver }) => handedOver)).toEqual([true, true]);
});

test('with another index is mended', async () => {
  const { storage } = await changed((_, change) => {
    const cache = change.objectStore('cache');
    cache.deleteIndex('byAge');
    cache.createIndex('byAge', 'age');
  });
  expect(await storage.outbox()).toEqual(KEPT);
  await storage.cache.put({ key: 'b', value: 1 });
});

test('without its device, or with one that is none, is another device, and keeps its outbox', async () => {
  const without = await changed((db) => db.deleteObjectStore('meta'));
  const wrong = await changed((_, change) => {
    change.objectStore('meta').put({ kind: 'device', of: '', id: 'x', epoch: 1 });
  });
  for (const { storage, device } of [without, wrong]) {
    expect(storage.device.id).not.toBe(device.id);
    expect(storage.device.id).toMatch(/^[0-9a-f]{32}$/);
    expect(await storage.outbox()).toEqual(KEPT);
    expect(await storage.estimate()).toMatchObject({ outboxEntries: 2 });
  }
});

test('without its outbox is another device, and says that it is gone', async () => {
  const { storage, notices, device } = await changed((db) => db.deleteObjectStore('outbox'));
  expect(await storage.outbox()).toEqual([]);
  expect(storage.device.id).not.toBe(device.id);
  const what = ['outbox', 'cache', 'deadLetters'];
  const { device: now } = storage;
  expect(notices).toEqual([{ kind: 'wiped', what, why: 'broken', rescued: 0, device: now }]);
});

test('with an outbox of another form keeps what it can and rescues the rest, over mendings', async () => {
  const name = freshName();
  (
    await raw(name, 2000, (db) => {
      const outbox = db.createObjectStore('outbox', { autoIncrement: true });
      for (const one of [row(1), { what: new Map([['x', new Uint8Array([1, 2])]]) }, row(2)]) {
        outbox.add(one);
      }
      outbox.add(row(3, { user: 'other', bytes: 'many' }));
    })
  ).close();
  const { storage, notices } = await opened({ name });
  expect(await ids(storage)).toEqual([1, 2]);
  expect(notices).toMatchObject([{ kind: 'wiped', what: ['cache'], rescued: 2 }]);
  const text = await storage.rescued();
  // The row of another user is not shown to this one.
  expect(JSON.parse(text ?? '')).toEqual([{ what: { $map: [['x', { $base64: 'AQI=' }]] } }]);
  await storage.close();
  (await raw(name, 2002, (db) => db.deleteObjectStore('cache'))).close();
  const again = await opened({ name });
  expect(await again.storage.rescued()).toBe(text);
  expect(await rowsOf(name, 'rescued')).toHaveLength(2);
  await again.storage.forgetRescued();
  expect(await again.storage.rescued()).toBeUndefined();
});

test('of a newer application is left alone, and its outbox can be had', async () => {
  const name = freshName();
  (
    await raw(name, 3000, (db) => {
      db.createObjectStore('outbox', { keyPath: ['user', 'client', 'id'] }).put(row(1));
      db.createObjectStore('cache').put('value', 'key');
    })
  ).close();
  const { storage, notices } = await opened({ name });
  expect([storage.kind, storage.reason?.code]).toEqual(['memory', 'STORAGE_TOO_NEW']);
  expect(notices).toMatchObject([{ kind: 'blocked', error: { code: 'STORAGE_TOO_NEW' } }]);
  expect(await storage.outbox()).toEqual([]);
  expect(JSON.parse((await storage.rescued()) ?? '')).toEqual([row(1)]);
  await storage.commit([put(5)]);
  expect(await rowsOf(name, 'outbox')).toEqual([row(1)]);
  expect(await rowsOf(name, 'cache')).toEqual(['value']);
});

test('a newer application that opens beside this one takes over, and this one says so', async () => {
  const name = freshName();
  const { storage, notices } = await opened({ name });
  await storage.commit([put(1)]);
  const db = await raw(name, 3000);
  expect(await codeOf(storage.commit([put(2)]))).toBe('STORAGE_TOO_NEW');
  expect(await codeOf(storage.outbox())).toBe('STORAGE_TOO_NEW');
  expect(notices).toMatchObject([{ kind: 'blocked', error: { code: 'STORAGE_TOO_NEW' } }]);
  db.close();
  expect(await rowsOf(name, 'outbox')).toHaveLength(1);
});

test('a tab that holds an older layout and does not let go is told', async () => {
  const name = freshName();
  const old = await raw(name, 1000, first);
  const notices: unknown[] = [];
  const opening = openStorage({ name, onNotice: (notice) => notices.push(notice) });
  await expect.poll(() => notices).toEqual([{ kind: 'blocked', error: undefined }]);
  old.close();
  const storage = await opening;
  expect(await ids(storage)).toEqual([1]);
  await storage.close();
});
