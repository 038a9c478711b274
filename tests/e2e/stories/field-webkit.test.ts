/** The day without a network again, in the engine of Safari; left out, and said so, where that is not installed. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FieldServer, fieldPage, upTo } from '../harness/field.js';
import type { Server } from '../harness/server.js';
import { isWebKitHere, WebKit } from '../harness/webkit.js';

if (!isWebKitHere) console.log('[webkit] left out: webkit2gtk-driver and xvfb are not installed');

let kept: FieldServer;
let server: Server;
let webkit: WebKit;

const url = () => fieldPage(server.socket);

/** Writes numbers, and answers when the device has them. */
const write = (from: number, count: number) =>
  webkit.run(
    async (first, many) => {
      const receipts = Array.from({ length: many }, (_, index) =>
        field.db.set('log', { percent: 1, timestamp: first + index }),
      );
      return (await Promise.all(receipts.map(({ stored }) => stored))).every((is) => is);
    },
    from,
    count,
  );

const look = () =>
  webkit.run(async () => ({
    log: field.db.history('log').map((value) => (value as { timestamp: number }).timestamp),
    freshness: field.db.freshness('log'),
    pending: field.bridge.pendingWrites,
  }));

/** What the server has, once nothing waits any more. */
async function numbersThere(): Promise<number[]> {
  await expect.poll(async () => (await look()).pending, { timeout: 20_000 }).toBe(0);
  return webkit.run(async () => {
    const { records } = await field.bridge.query('log');
    return records.map(({ payload }) => (payload as { timestamp: number }).timestamp);
  });
}

describe.skipIf(!isWebKitHere)('in WebKit', () => {
  beforeEach(async () => {
    kept = await FieldServer.start();
    server = kept.server;
    webkit = await WebKit.start();
  });
  afterEach(async () => {
    await webkit.stop();
    await kept.remove();
  });

  test('what was written without a network survives a reload, is shown, and arrives once', async () => {
    await webkit.open(url());
    expect(await write(1, 3)).toBe(true);
    expect(await numbersThere()).toEqual(upTo(3));
    await expect
      .poll(() => webkit.run(async () => (await field.storage.cache.all()).length > 1), {
        timeout: 10_000,
      })
      .toBe(true);
    await server.kill();
    expect(await write(4, 7)).toBe(true);
    await webkit.open(url());
    expect(await look()).toEqual({ log: upTo(10), freshness: 'restored', pending: 7 });
    await server.comeBack();
    expect(await numbersThere()).toEqual(upTo(10));
    expect((await look()).log).toEqual(upTo(10));
  });

  test('two tabs write without a network, each shows what the other wrote, and all arrives once', async () => {
    await webkit.open(url());
    await server.kill();
    expect(await write(1, 5)).toBe(true);
    const first = await webkit.openTab();
    await webkit.open(url());
    expect(await write(6, 5)).toBe(true);
    expect((await look()).log).toEqual(upTo(10));
    await webkit.switchTo(first);
    await expect.poll(async () => (await look()).pending).toBe(10);
    expect((await look()).log).toEqual(upTo(10));
    await server.comeBack();
    expect(await numbersThere()).toEqual(upTo(10));
  });
});
