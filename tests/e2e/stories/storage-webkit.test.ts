/** What a device keeps, in the engine of Safari; left out, and said so, where that is not installed. */
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { isWebKitHere, WebKit } from '../harness/webkit.js';

if (!isWebKitHere) console.log('[webkit] left out: webkit2gtk-driver and xvfb are not installed');

let webkit: WebKit;
const url = () => `${inject('apiPage')}storage.html`;

async function open(): Promise<{ kind: string; id: string; ids: number[]; marked: number[] }> {
  await webkit.open(url());
  return webkit.run(async () => {
    globalThis.kept = await storage.openStorage();
    const entries = await kept.outbox();
    return {
      kind: kept.kind,
      id: kept.device.id,
      ids: entries.map(({ id }) => id),
      marked: entries.filter(({ handedOver }) => handedOver).map(({ id }) => id),
    };
  });
}

describe.skipIf(!isWebKitHere)('in WebKit', () => {
  beforeEach(async () => {
    webkit = await WebKit.start();
  });
  afterEach(() => webkit.stop());

  test('a write that is stored survives a reload and the end of its tab', async () => {
    const before = await open();
    expect(before).toMatchObject({ kind: 'indexeddb', ids: [] });
    await webkit.run(() =>
      kept.commit([
        { op: 'put', client: 'device', id: 1, entry: { text: 'one', more: new Map([[1, 2]]) } },
        { op: 'put', client: 'device', id: 2, entry: 'two' },
        { op: 'handOver', client: 'device', id: 2 },
      ]),
    );
    expect(await open()).toEqual({ ...before, ids: [1, 2], marked: [2] });
    await webkit.run(() => kept.commit([{ op: 'remove', client: 'device', id: 1 }]));
    await webkit.leaveForNewTab();
    expect(await open()).toEqual({ ...before, ids: [2], marked: [2] });
  });

  test('a database that is deleted is made anew, and a closed connection is opened again', async () => {
    const before = await open();
    const after = await webkit.run(async () => {
      const heard: string[] = [];
      kept.onNotice(({ kind }) => heard.push(kind));
      const transaction = IDBDatabase.prototype.transaction;
      let isFirst = true;
      IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given) {
        if (isFirst) this.close();
        isFirst = false;
        return transaction.apply(this, given as never);
      };
      await kept.commit([{ op: 'put', client: 'device', id: 4, entry: 'x' }]);
      await new Promise((resolve) => {
        indexedDB.deleteDatabase('aimdb:default').onsuccess = resolve;
      });
      await kept.commit([{ op: 'put', client: 'device', id: 5, entry: 'x' }]);
      const ids = (await kept.outbox()).map(({ id }) => id);
      return { heard, ids, id: kept.device.id };
    });
    expect(after).toMatchObject({ heard: ['reopened', 'reopened', 'wiped'], ids: [5] });
    expect(after.id).not.toBe(before.id);
  });

  test('values, letters and take-overs work as elsewhere', async () => {
    await open();
    const found = await webkit.run(async () => {
      const { cache, deadLetters } = kept;
      await cache.putMany([1, 2, 3].map((value) => ({ key: `k${value}`, value })));
      await cache.put({ key: 'k1', value: 4, version: ['server', 1] });
      await kept.commit([{ op: 'remove', client: 'device', id: 9, letter: { why: 'refused' } }]);
      const epochs = await Promise.all([1, 2, 3].map(async () => (await kept.takeOver()).epoch));
      const { cacheBytes, outboxEntries } = await kept.estimate();
      return {
        all: await cache.all(),
        letters: await deadLetters.list(),
        epochs,
        cacheBytes,
        outboxEntries,
      };
    });
    expect(found.all.map(({ key, value }) => [key, value])).toEqual([
      ['k1', 4],
      ['k2', 2],
      ['k3', 3],
    ]);
    expect(found.letters).toEqual([{ client: 'device', id: 9, letter: { why: 'refused' } }]);
    expect(found).toMatchObject({ epochs: [1, 2, 3], outboxEntries: 0 });
    expect(found.cacheBytes).toBeGreaterThan(0);
  });
});
