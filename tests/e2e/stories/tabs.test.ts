/** Several tabs of one origin over one device: any of them writes, one sends, and the end of none loses another's write. */
import type { Page } from 'puppeteer-core';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import {
  FieldServer,
  fieldPage,
  isQuiet,
  shown,
  sorted,
  there,
  until,
  upTo,
  write,
} from '../harness/field.js';
import { type Engine, Profile } from '../harness/profile.js';
import type { Server } from '../harness/server.js';

let kept: FieldServer;
let server: Server;
let profile: Profile;

beforeEach(async () => {
  kept = await FieldServer.start(['room'], `origins = ["${new URL(insecurePage()).origin}"]\n`);
  server = kept.server;
});
afterEach(async () => {
  await profile.remove();
  await kept.remove();
});

/** The same page under a name that is no loopback, so that it is no secure context. */
const insecurePage = () => {
  const page = new URL(inject('apiPage'));
  page.hostname = 'field.test';
  return page.href;
};

const url = (page?: string) => fieldPage(server.socket, page);

/** The numbers that the server has, in its order, once there are so many; a tab may not have heard yet of what others wrote. */
async function numbersThere(page: Page, count: number): Promise<number[]> {
  await until(page, () => field.bridge.status() === 'connected');
  await expect.poll(async () => (await there(page)).length, { timeout: 20_000 }).toBe(count);
  await isQuiet(page);
  return there(page);
}

/** Whether this tab is the one that sends: only that has grown the epoch itself. */
const leads = (page: Page) => page.evaluate(() => field.leads());

async function whoLeads(...pages: Page[]): Promise<Page> {
  for (let tries = 0; tries < 200; tries++) {
    for (const page of pages) if (await leads(page)) return page;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('no tab sends');
}

describe.each<Engine>(['chrome', 'firefox'])('in %s', (engine) => {
  test('two tabs write without a network, each shows what the other wrote, and all arrives once', async () => {
    profile = await Profile.create(engine);
    await server.kill();
    const one = await profile.open(url());
    const other = await profile.open(url());
    await write(one, 1, 5);
    await write(other, 6, 5);
    await write(one, 11, 5);
    for (const page of [one, other]) {
      await until(page, () => field.bridge.pendingWrites === 15);
      expect(sorted(await shown(page))).toEqual(upTo(15));
    }
    await server.comeBack();
    expect(sorted(await numbersThere(one, 15))).toEqual(upTo(15));
    for (const page of [one, other]) {
      await until(page, () => field.settled.length === 15);
      const outcomes = await page.evaluate(() => field.settled.map(({ outcome }) => outcome));
      expect(new Set(outcomes)).toEqual(new Set(['acknowledged']));
      // Echoes are known as such in both.
      expect(sorted(await shown(page))).toEqual(upTo(15));
    }
    // Both go on, with a server that is there.
    await Promise.all([write(one, 16, 20), write(other, 36, 20)]);
    expect(sorted(await numbersThere(one, 55))).toEqual(upTo(55));
    await until(other, () => field.bridge.pendingWrites === 0);
    for (const page of [one, other]) {
      await expect
        .poll(async () => sorted(await shown(page)), { timeout: 10_000 })
        .toEqual(upTo(55));
    }
  });

  test('the tab that sends is closed in the middle: another sends the rest', async () => {
    profile = await Profile.create(engine);
    const one = await profile.open(url());
    const sender = await whoLeads(one);
    const other = await profile.open(url());
    await write(sender, 1, 200);
    await write(other, 201, 50);
    await until(sender, () => field.stored.length >= 200);
    await until(other, () => field.stored.length >= 50);
    await sender.close();
    const there = await numbersThere(other, 250);
    expect(sorted(there)).toEqual(upTo(250));
    // Each tab's own are in their order.
    expect(there.filter((n) => n <= 200)).toEqual(upTo(200));
  });
});

test('a sender that is frozen is replaced, and writes over nobody when it wakes up', async () => {
  profile = await Profile.create('chrome');
  const sender = await profile.open(url());
  await whoLeads(sender);
  const other = await profile.open(url());
  await write(sender, 1, 10);
  await numbersThere(sender, 10);
  // It stands still in the middle of its work, as a tab that the system has frozen.
  const debug = await sender.createCDPSession();
  await debug.send('Debugger.enable');
  await debug.send('Debugger.pause');
  void sender.evaluate(() => 'it pauses here').catch(() => {});
  await other.bringToFront();
  const tookMs = await other.evaluate(async () => {
    const began = performance.now();
    await field.db.set('log', { percent: 11, timestamp: 11 }).acknowledged;
    return performance.now() - began;
  });
  console.log(
    `[tabs] a frozen sender was replaced and the write acknowledged in ${Math.round(tookMs)} ms`,
  );
  await write(other, 12, 5);
  expect(await numbersThere(other, 16)).toEqual(upTo(16));
  await debug.send('Debugger.resume');
  await debug.detach();
  await until(sender, () => !field.leads());
  // It writes on, through the one that sends now.
  await write(sender, 17, 5);
  expect(await numbersThere(sender, 21)).toEqual(upTo(21));
  await until(other, () => field.bridge.pendingWrites === 0);
  for (const page of [sender, other]) {
    await expect.poll(async () => sorted(await shown(page)), { timeout: 10_000 }).toEqual(upTo(21));
  }
});

test('on an origin that is no secure context tabs share by a lease', async () => {
  profile = await Profile.create('chrome', {}, ['--host-resolver-rules=MAP field.test 127.0.0.1']);
  const page = insecurePage();
  const one = await profile.open(url(page));
  expect(await one.evaluate(() => [isSecureContext, 'locks' in navigator])).toEqual([false, false]);
  await whoLeads(one);
  const other = await profile.open(url(page));
  await write(other, 1, 5);
  expect(await numbersThere(other, 5)).toEqual(upTo(5));
  await one.close();
  await write(other, 6, 5);
  await whoLeads(other);
  expect(await numbersThere(other, 10)).toEqual(upTo(10));
});

test('a refusal is told in both tabs, and its letter can be let go in either', async () => {
  profile = await Profile.create('chrome');
  const one = await profile.open(url());
  await whoLeads(one);
  const other = await profile.open(url());
  await other.evaluate(() => field.bridge.write('nowhere', { x: 1 }));
  for (const page of [one, other]) {
    await until(page, () => field.db.deadLetters().list().length === 1);
    const [letter] = await page.evaluate(() => field.db.deadLetters().list());
    expect(letter).toMatchObject({ topic: 'nowhere', value: { x: 1 }, reason: 'unknown_topic' });
    await until(page, () => field.settled.length === 1);
    const [settled] = await page.evaluate(() => field.settled);
    expect(settled).toMatchObject({ outcome: 'refused', reason: 'unknown_topic' });
  }
  await one.evaluate(() => {
    const [letter] = field.db.deadLetters().list();
    field.db.deadLetters().discard(letter?.write ?? 0);
  });
  await until(other, () => field.db.deadLetters().list().length === 0);
});
