/** The database goes away under a tab: it is opened again, and nothing is done twice or left out. */
import { afterEach, expect, test, vi } from 'vitest';
import { codeOf, deleted, freshName, ids, opened, put, raw, remove } from './support/storages.js';

afterEach(() => void vi.restoreAllMocks());

/** The connections that were opened since; a browser closes them without being asked. */
function connections(): IDBDatabase[] {
  const found: IDBDatabase[] = [];
  const transaction = IDBDatabase.prototype.transaction;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
    this: IDBDatabase,
    ...given
  ) {
    if (!found.includes(this)) found.push(this);
    return transaction.apply(this, given as never);
  });
  return found;
}

/** What a browser does that closes a connection by force: what is under way ends, and `close` is told. */
function closeByForce(db: IDBDatabase, underWay: readonly IDBTransaction[] = []): void {
  for (const transaction of underWay) transaction.abort();
  db.close();
  db.dispatchEvent(new Event('close'));
}

test('a connection that was closed is opened again, and told', async () => {
  const found = connections();
  const { storage, notices } = await opened();
  await storage.commit([put(1)]);
  const { device } = storage;
  closeByForce(found.at(-1) as IDBDatabase);
  await storage.commit([put(2)]);
  expect(await ids(storage)).toEqual([1, 2]);
  expect(notices).toEqual([{ kind: 'reopened', cause: 'AbortError: the browser closed it' }]);
  expect(storage.device).toEqual(device);
});

test('one that was closed without a word is found out by the next operation', async () => {
  const found = connections();
  const { storage, notices } = await opened();
  for (const id of [1, 2, 3]) {
    found.at(-1)?.close();
    await Promise.all([storage.commit([put(id)]), storage.cache.put({ key: `k${id}`, value: id })]);
  }
  expect(await ids(storage)).toEqual([1, 2, 3]);
  expect((await storage.cache.all()).map(({ value }) => value)).toEqual([1, 2, 3]);
  expect(notices.every(({ kind }) => kind === 'reopened')).toBe(true);
  expect(notices.length).toBeGreaterThanOrEqual(3);
});

test('transactions under way are done again', async () => {
  const { storage, notices } = await opened();
  const underWay: IDBTransaction[] = [];
  const transaction = IDBDatabase.prototype.transaction;
  let kills = 3;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
    this: IDBDatabase,
    ...given
  ) {
    const begun = transaction.apply(this, given as never);
    if (given[1] === 'readwrite' && kills-- > 0) {
      underWay.push(begun);
      queueMicrotask(() => closeByForce(this, [begun]));
    }
    return begun;
  });
  await Promise.all([storage.commit([put(1), put(2)]), storage.commit([remove(1), put(3)])]);
  expect(underWay).toHaveLength(3);
  expect(await ids(storage)).toEqual([2, 3]);
  expect(notices.map(({ kind }) => kind)).toEqual(['reopened', 'reopened', 'reopened']);
});

test('a connection that never answers again does not keep anybody waiting once it is closed', async () => {
  const { storage } = await opened();
  await storage.commit([put(1)]);
  const found = connections();
  const putRow = IDBObjectStore.prototype.put;
  let isMute = true;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
    this: IDBObjectStore,
    ...given
  ) {
    const request = putRow.apply(this, given as never);
    // Safari loses its server like that: no request is ever answered.
    if (isMute) request.addEventListener('success', (event) => event.stopImmediatePropagation());
    return request;
  });
  const done = storage.commit([put(2)]);
  await expect.poll(() => found.length).toBe(1);
  isMute = false;
  closeByForce(found[0] as IDBDatabase);
  await done;
  expect(await ids(storage)).toEqual([1, 2]);
});

test('what was complete and lost sight of is not done again', async () => {
  const name = freshName();
  const { storage } = await opened({ name });
  const other = await opened({ name });
  await storage.commit([put(1)]);
  const transaction = IDBDatabase.prototype.transaction;
  let isFirst = true;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
    this: IDBDatabase,
    ...given
  ) {
    const begun = transaction.apply(this, given as never);
    if (!isFirst || given[1] !== 'readwrite') return begun;
    isFirst = false;
    // It is complete, but this tab hears that its connection is lost; the other tab sends the write and settles it.
    begun.addEventListener('complete', (event) => event.stopImmediatePropagation());
    void settledByOther(this);
    return begun;
  });
  async function settledByOther(db: IDBDatabase): Promise<void> {
    while (!(await ids(other.storage)).includes(2))
      await new Promise((next) => setTimeout(next, 5));
    await other.storage.commit([remove(2)]);
    closeByForce(db);
  }
  await storage.commit([put(2), remove(1)]);
  expect(isFirst).toBe(false);
  expect(await ids(storage)).toEqual([]);
});

test('a database that was deleted is made anew, and this is another device', async () => {
  const name = freshName();
  const { storage, notices } = await opened({ name });
  await storage.commit([put(1)]);
  await storage.takeOver();
  const before = storage.device;
  await deleted(name);
  await storage.commit([put(2)]);
  expect(await ids(storage)).toEqual([2]);
  expect(storage.device.id).not.toBe(before.id);
  expect(storage.device.epoch).toBe(0);
  const what = ['outbox', 'cache', 'deadLetters'];
  const { device } = storage;
  expect(notices).toEqual([
    { kind: 'reopened', cause: 'another tab deletes or changes the database' },
    { kind: 'wiped', what, why: 'deleted', rescued: 0, device },
  ]);
});

test('deleting the database in the middle of a commit leaves none of it or all', async () => {
  const name = freshName();
  const { storage, notices } = await opened({ name });
  const batch = Array.from({ length: 100 }, (_, id) => put(id));
  for (let turn = 0; turn < 10; turn++) {
    const done = storage.commit(batch);
    const gone = deleted(name);
    await Promise.all([done, gone]);
    expect([0, 100]).toContain((await ids(storage)).length);
    expect(notices.filter(({ kind }) => kind === 'wiped')).toHaveLength(turn + 1);
  }
});

test('another connection that asks for a higher version of the same layout is let through', async () => {
  const name = freshName();
  const { storage, notices } = await opened({ name });
  await storage.commit([put(1)]);
  const db = await raw(name, 2005);
  const done = storage.commit([put(2)]);
  db.close();
  await done;
  expect(await ids(storage)).toEqual([1, 2]);
  expect(notices).toMatchObject([{ kind: 'reopened' }]);
});

test('what fails over and over is told with its cause, and the next one is tried', async () => {
  const { storage } = await opened();
  const put1 = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('the disk is broken', 'UnknownError');
  });
  const failed = storage.commit([put(1)]).catch((error) => error);
  expect(await failed).toMatchObject({
    code: 'STORAGE_FAILED',
    message: 'the storage failed: the disk is broken',
    cause: { name: 'UnknownError' },
  });
  put1.mockRestore();
  expect(await ids(storage)).toEqual([]);
  expect(await codeOf(storage.commit([put(1)]))).toBe('none');
});

test('a cache that cannot be read is emptied and told; the outbox stays', async () => {
  const { storage, notices } = await opened();
  await storage.commit([put(1)]);
  await storage.cache.put({ key: 'a', value: 1 });
  const getAll = IDBObjectStore.prototype.getAll;
  vi.spyOn(IDBObjectStore.prototype, 'getAll').mockImplementation(function (
    this: IDBObjectStore,
    ...given
  ) {
    if (this.name === 'cache') throw new DOMException('cannot read', 'NotReadableError');
    return getAll.apply(this, given as never);
  });
  expect(await storage.cache.all()).toEqual([]);
  vi.restoreAllMocks();
  expect(notices.at(-1)).toMatchObject({ kind: 'wiped', what: ['cache'], why: 'broken' });
  expect(await storage.cache.all()).toEqual([]);
  expect(await ids(storage)).toEqual([1]);
});
