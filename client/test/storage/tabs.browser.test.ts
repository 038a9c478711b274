/** Several tabs over one storage, and tabs that end in the middle of their work. */
import { afterEach, expect, test } from 'vitest';
import { freshName, ids, opened, put, remove } from './support/storages.js';
import type { Order } from './support/tab.js';

class Tab {
  readonly #worker = new Worker(new URL('./support/tab.ts', import.meta.url), { type: 'module' });
  /** The last batch that was told to be stored. */
  stored = -1;
  #settle: { resolve: (answer: unknown) => void; reject: (error: Error) => void } | undefined;

  constructor() {
    this.#worker.onmessage = ({ data }) => {
      if (data.stored !== undefined) this.stored = data.stored;
      else if (data.error) this.#settle?.reject(new Error(data.error));
      else this.#settle?.resolve(data.answer);
    };
    this.#worker.onerror = ({ message }) => this.#settle?.reject(new Error(message));
  }

  tell(order: Order): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#worker.postMessage(order);
    });
  }

  kill(): void {
    this.#worker.terminate();
  }
}

const tabs: Tab[] = [];

async function tabOf(name: string): Promise<Tab> {
  const tab = new Tab();
  tabs.push(tab);
  expect(await tab.tell({ do: 'open', name })).toMatchObject({ kind: 'indexeddb' });
  return tab;
}

afterEach(() => {
  for (const tab of tabs.splice(0)) tab.kill();
});

test('all tabs are one device with one outbox', async () => {
  const name = freshName();
  const { storage } = await opened({ name });
  const tab = new Tab();
  tabs.push(tab);
  expect(await tab.tell({ do: 'open', name })).toEqual({
    kind: 'indexeddb',
    device: storage.device,
  });
  await Promise.all([
    storage.commit([put(1), put(3)]),
    tab.tell({ do: 'commit', operations: [put(2), put(4)] }),
  ]);
  expect(await ids(storage)).toEqual([1, 2, 3, 4]);
  await tab.tell({ do: 'commit', operations: [remove(1), remove(4)] });
  expect(await ids(storage)).toEqual([2, 3]);
  expect((await storage.estimate()).outboxEntries).toBe(2);
});

test('the limits count what all tabs stored together', async () => {
  const name = freshName();
  const [one, other] = [
    await opened({ name, outboxEntriesMax: 10 }),
    await opened({ name, outboxEntriesMax: 10 }),
  ];
  const calls = Array.from({ length: 20 }, (_, id) => {
    const { storage } = id % 2 === 0 ? one : other;
    return storage.commit([put(id)]).then(
      () => 1,
      () => 0,
    );
  });
  const stored: number[] = await Promise.all(calls);
  expect(stored.reduce((sum, one) => sum + one, 0)).toBe(10);
  expect(await ids(one.storage)).toHaveLength(10);
});

test('no two take-overs are given one epoch', async () => {
  const name = freshName();
  const both = [await tabOf(name), await tabOf(name)];
  const { storage } = await opened({ name });
  const mine = async () => {
    const epochs: number[] = [];
    for (let time = 0; time < 50; time++) epochs.push((await storage.takeOver()).epoch);
    return epochs;
  };
  const all = await Promise.all([
    mine(),
    ...both.map((tab) => tab.tell({ do: 'takeOver', times: 50 })),
  ]);
  for (const epochs of all as number[][]) expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
  const every = (all as number[][]).flat().toSorted((a, b) => a - b);
  expect(every).toEqual(Array.from({ length: 150 }, (_, at) => at + 1));
});

test('a tab that is killed in the middle leaves whole batches in their order, and all that it had told', async () => {
  const batch = 7;
  for (let turn = 0; turn < 12; turn++) {
    const name = freshName();
    const tab = await tabOf(name);
    void tab.tell({ do: 'stream', batch });
    // Killed at another place each time: after so many batches were told, in the middle of the next.
    await expect.poll(() => tab.stored, { interval: 1 }).toBeGreaterThanOrEqual(turn % 4);
    tab.kill();
    const told = tab.stored;
    const { storage } = await opened({ name });
    const kept = await ids(storage);
    expect(kept.length % batch).toBe(0);
    expect(kept.length).toBeGreaterThanOrEqual((told + 1) * batch);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, id) => id));
    expect((await storage.estimate()).outboxEntries).toBe(kept.length);
  }
});

test('users of one device do not see each other, and find everything again', async () => {
  const name = freshName();
  const of = (user?: string) => opened({ name, ...(user && { user }), cacheBytesMax: 1024 });
  const [ann, bob, nobody] = [await of('ann'), await of('bob'), await of()];
  await ann.storage.commit([put(1, 'of ann'), put(2)]);
  await ann.storage.cache.put({ key: 'a', value: 'x'.repeat(900) });
  await ann.storage.deadLetters.add('device', 5, 'of ann');
  await bob.storage.commit([put(1, 'of bob'), remove(2)]);
  await bob.storage.cache.put({ key: 'a', value: 'y'.repeat(900) });
  await bob.storage.cache.put({ key: 'b', value: 'y'.repeat(900) });
  await bob.storage.cache.clear();
  expect(await nobody.storage.outbox()).toEqual([]);
  expect(await nobody.storage.cache.all()).toEqual([]);
  expect(await bob.storage.deadLetters.list()).toEqual([]);
  expect((await bob.storage.outbox()).map(({ entry }) => entry)).toEqual(['of bob']);
  await bob.storage.commit([remove(1)]);
  await ann.storage.close();
  const again = await of('ann');
  expect((await again.storage.outbox()).map(({ entry }) => entry)).toEqual(['of ann', 'payload 2']);
  expect((await again.storage.cache.all()).map(({ key }) => key)).toEqual(['a']);
  expect(await again.storage.deadLetters.list()).toHaveLength(1);
  expect(again.storage.device).toEqual(nobody.storage.device);
  expect(ann.notices).toEqual([]);
});

test('tabs that are gone are forgotten', async () => {
  const name = freshName();
  for (let tab = 0; tab < 70; tab++) {
    const { storage } = await opened({ name });
    await storage.commit([put(tab)]);
    await storage.close();
  }
  const request = indexedDB.open(`aimdb:${name}`);
  const count = await new Promise((resolve) => {
    request.onsuccess = () => {
      const meta = request.result.transaction('meta').objectStore('meta');
      const counted = meta.count(IDBKeyRange.bound(['batch'], ['batch', []]));
      counted.onsuccess = () => resolve(counted.result);
    };
  });
  request.result.close();
  expect(count).toBe(64);
});
