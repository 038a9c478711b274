/** A day without network, a reload, a browser that is killed and a server that dies: what was written arrives, once. */
import type { Page } from 'puppeteer-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FieldServer, fieldPage, isQuiet, there, upTo, write } from '../harness/field.js';
import { type Engine, Profile } from '../harness/profile.js';
import type { Server } from '../harness/server.js';

let kept: FieldServer;
let server: Server;
let profile: Profile;

beforeEach(async () => {
  kept = await FieldServer.start();
  server = kept.server;
});
afterEach(async () => {
  await profile.remove();
  await kept.remove();
});

const url = () => fieldPage(server.socket);

/** The numbers that the server has, in its order, after everything was answered. */
async function numbersThere(page: Page): Promise<number[]> {
  await isQuiet(page);
  return there(page);
}

describe.each<Engine>(['chrome', 'firefox'])('in %s', (engine) => {
  test('what was written without a network survives a reload and the kill of the browser', async () => {
    profile = await Profile.create(engine);
    await server.kill();
    const page = await profile.open(url());
    await write(page, 1, 10);
    await page.evaluate(() => field.db.set('room', { percent: 50, timestamp: 99 }));
    await page.waitForFunction(() => field.stored.length === 11);
    const device = await page.evaluate(() => field.device);

    await page.reload();
    await page.waitForFunction(() => document.title === 'ready');
    const shown = await page.evaluate(() => ({
      room: field.db.get('room'),
      log: field.db.history('log').length,
      freshness: field.db.freshness('room'),
      pending: field.bridge.pendingWrites,
      settled: field.settled.length,
    }));
    expect(shown).toEqual({
      room: { percent: 50, timestamp: 99 },
      log: 10,
      freshness: 'restored',
      pending: 11,
      settled: 0,
    });
    await write(page, 11, 10);
    await page.waitForFunction(() => field.stored.length === 10);
    await profile.kill();

    const next = await profile.open(url());
    const again = await next.evaluate(() => field.device);
    expect(again).toEqual({ client: device.client, epoch: device.epoch + 2 });
    await server.comeBack();
    expect(await numbersThere(next)).toEqual(upTo(20));
    const outcomes = await next.evaluate(() => field.settled.map(({ outcome }) => outcome));
    expect(new Set(outcomes)).toEqual(new Set(['acknowledged']));
    expect(outcomes).toHaveLength(21);
    await next.waitForFunction(() => field.db.freshness('room') === 'fresh');
    // Nothing is left to send, and the numbers go on.
    await next.reload();
    await next.waitForFunction(() => document.title === 'ready');
    await write(next, 21, 1);
    expect(await numbersThere(next)).toEqual(upTo(21));
  });

  test('a reload without a network shows what the server said last, and says so', async () => {
    profile = await Profile.create(engine);
    const page = await profile.open(url());
    await write(page, 1, 5);
    await page.evaluate(() => field.db.set('room', { percent: 40, timestamp: 77 }));
    expect(await numbersThere(page)).toEqual(upTo(5));
    await page.waitForFunction(async () => (await field.storage.cache.all()).length >= 3);
    await server.kill();
    await page.reload();
    await page.waitForFunction(() => document.title === 'ready');
    const shown = await page.evaluate(() => ({
      room: field.db.get('room'),
      log: field.db.history('log').map((value) => (value as { timestamp: number }).timestamp),
      freshness: [field.db.freshness('room'), field.db.freshness('log')],
      pending: field.bridge.pendingWrites,
    }));
    expect(shown).toEqual({
      room: { percent: 40, timestamp: 77 },
      log: upTo(5),
      freshness: ['restored', 'restored'],
      pending: 0,
    });
    await server.comeBack();
    await write(page, 6, 1);
    expect(await numbersThere(page)).toEqual(upTo(6));
    await page.waitForFunction(() => field.db.freshness('log') === 'fresh');
    const log = await page.evaluate(() => field.db.history('log').length);
    expect(log).toBe(6);
  });

  test('with the page reloaded and the server killed in the middle, again and again, nothing is lost or there twice', async () => {
    profile = await Profile.create(engine);
    const page = await profile.open(url());
    let written = 0;
    for (let turn = 0; turn < 6; turn++) {
      const before = await page.evaluate(() => field.stored.length);
      await write(page, written + 1, 25);
      written += 25;
      // Until the device has them: what it has not is lost with the page.
      await page.waitForFunction((count) => field.stored.length >= count, {}, before + 25);
      if (turn % 2 === 0) {
        await page.reload();
        await page.waitForFunction(() => document.title === 'ready');
      } else {
        await server.kill();
        await server.comeBack();
      }
    }
    expect(await numbersThere(page)).toEqual(upTo(written));
  });
});
