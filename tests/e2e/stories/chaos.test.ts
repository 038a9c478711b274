/** A network that breaks in every way we know, under tabs that write: what was stored arrives, once, in order. */
import type { Page } from 'puppeteer-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Chaos } from '../harness/chaos.js';
import { FieldServer, fieldPage, isQuiet, shown, sorted, there, until } from '../harness/field.js';
import { type Engine, Profile } from '../harness/profile.js';
import { givenSeed } from '../harness/random.js';
import type { Server } from '../harness/server.js';

/** Each life of a tab writes numbers of its own, from a multiple of this on. */
const LIFE = 10_000;

let kept: FieldServer;
let server: Server;
let chaos: Chaos;
let profile: Profile;

beforeEach(async () => {
  kept = await FieldServer.start(['chain', 'room']);
  server = kept.server;
  chaos = await Chaos.before(Number(new URL(server.socket).port));
});
afterEach(async () => {
  await profile.remove();
  await chaos.stop();
  await kept.remove();
});

const url = () => fieldPage(chaos.socket);

/** Writes one number after the other, as long as the page lives or until `isWriting` is false. */
const beginToWrite = (page: Page, first: number) =>
  page.evaluate((from) => {
    const numbers: number[] = [];
    Object.assign(globalThis, { numbers });
    let next = from;
    const timer = setInterval(() => {
      next += 1;
      const number = next;
      const value = { percent: number % 100, timestamp: number };
      field.db.set('log', value).stored.then((isStored) => isStored && numbers.push(number));
    }, 90);
    Object.assign(globalThis, { stopWriting: () => clearInterval(timer) });
  }, first);

const storedIn = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { numbers: number[] }).numbers);
const stopWriting = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { stopWriting: () => void }).stopWriting());

/** Two tabs write while it storms; one is loaded again in the middle, the other one closed. */
async function storm(engine: Engine, forMs: number): Promise<void> {
  const seed = givenSeed();
  console.log(`[chaos] ${engine}: a storm of ${forMs} ms from seed ${seed}`);
  profile = await Profile.create(engine);
  const one = await profile.open(url());
  const other = await profile.open(url());
  // Where a tab begins it gets a ring's newest value alone; from one that the device has it asks for all that came since.
  const first = LIFE;
  await one.evaluate(
    (number) => field.db.set('log', { percent: 0, timestamp: number }).acknowledged,
    first,
  );
  await one.waitForFunction(
    async () => (await field.storage.cache.get('aimdb:record:log')) !== undefined,
    { polling: 100 },
  );
  const stored = [first];
  const weather = chaos.storm(seed, forMs);
  await Promise.all([beginToWrite(one, LIFE), beginToWrite(other, 2 * LIFE)]);
  await new Promise((resolve) => setTimeout(resolve, forMs / 3));
  stored.push(...(await storedIn(one)));
  await one.reload();
  await until(one, () => document.title === 'ready');
  await beginToWrite(one, 3 * LIFE);
  await new Promise((resolve) => setTimeout(resolve, forMs / 3));
  stored.push(...(await storedIn(other)));
  await other.close();
  const third = await profile.open(url());
  await beginToWrite(third, 4 * LIFE);
  const did = await weather;
  console.log(`[chaos] ${engine}: ${did.join(', ')}; ${chaos.opened} connections`);
  await Promise.all([one, third].map(stopWriting));
  for (const page of [one, third]) {
    await isQuiet(page);
    stored.push(...(await storedIn(page)));
  }
  const numbers = await there(one);
  const hint = `seed ${seed}: AIMDB_SEED=${seed}`;
  expect(sorted([...new Set(numbers)]), `nothing twice; ${hint}`).toEqual(sorted(numbers));
  const missing = stored.filter((number) => !numbers.includes(number));
  expect(missing, `nothing that was stored is lost; ${hint}`).toEqual([]);
  for (let life = 1; life <= 4; life++) {
    const own = numbers.filter((number) => Math.floor(number / LIFE) === life);
    expect(own, `tab ${life} in its order; ${hint}`).toEqual(sorted(own));
    expect(own.length).toBeGreaterThan(0);
  }
  for (const page of [one, third]) {
    // Which are shown twice or not at all.
    const amiss = async () => {
      const seen = await shown(page);
      const isOnce = (number: number) => seen.filter((one) => one === number).length === 1;
      return [...new Set([...numbers, ...seen])].filter(
        (number) => !isOnce(number) || !numbers.includes(number),
      );
    };
    await expect.poll(amiss, { timeout: 10_000, message: hint }).toEqual([]);
    const outbox = await page.evaluate(async () => (await field.storage.outbox()).length);
    expect(outbox, hint).toBe(0);
    const ends = await page.evaluate(() => field.settled.map(({ outcome }) => outcome));
    expect(new Set(ends), hint).toEqual(new Set(['acknowledged']));
  }
  console.log(`[chaos] ${engine}: ${numbers.length} writes, each once`);
}

test('two tabs write through a storm: nothing is lost, nothing is there twice, in Chromium', () =>
  storm('chrome', 15_000));

test('the same, shorter, in Firefox', () => storm('firefox', 6_000));

test.each([200, 302] as const)(
  'a captive portal that answers with %d is a network that is not there: what is written waits',
  async (status) => {
    profile = await Profile.create('chrome');
    chaos.portal(status);
    const page = await profile.open(url());
    const before = chaos.opened;
    const found = await page.evaluate(async () => {
      await field.db.set('log', { percent: 1, timestamp: 1 }).stored;
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const { bridge, settled } = field;
      return { status: bridge.status(), pending: bridge.pendingWrites, settled: settled.length };
    });
    // It goes on asking, and not without a pause.
    expect(chaos.opened).toBeGreaterThan(before);
    expect(chaos.opened - before).toBeLessThan(100);
    expect(found).toEqual({ status: expect.stringMatching(/connecting/), pending: 1, settled: 0 });
    chaos.heal();
    await until(page, () => field.settled.length === 1);
    expect(await page.evaluate(() => field.settled[0]?.outcome)).toBe('acknowledged');
    expect(await there(page)).toEqual([1]);
  },
);

test('a database that is closed under a bridge again and again loses none of its writes', async () => {
  profile = await Profile.create('chrome');
  const page = await profile.open(url());
  await page.evaluate(async () => {
    const { transaction } = IDBDatabase.prototype;
    let calls = 0;
    IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given) {
      calls += 1;
      if (calls % 7 === 0) this.close();
      return transaction.apply(this, given as never);
    };
  });
  const ends = await page.evaluate(async () => {
    const receipts = [];
    for (let n = 1; n <= 60; n++) {
      receipts.push(field.db.set('log', { percent: 1, timestamp: n }));
      if (n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const ended = await Promise.all(receipts.map((receipt) => receipt.acknowledged));
    return ended.map((end) => end?.outcome);
  });
  expect(ends).toEqual(Array(60).fill('acknowledged'));
  expect(await there(page)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  // Who hears that a write ended need not wait until the device has forgotten it.
  const left = () => page.evaluate(async () => (await field.storage.outbox()).length);
  await expect.poll(left, { timeout: 10_000 }).toBe(0);
});

test('where site data is deleted under a page what waits arrives, what is new is refused, and the page that is loaded next is another device', async () => {
  profile = await Profile.create('chrome');
  const [page, other] = [await profile.open(url()), await profile.open(url())];
  const write = (tab: Page, from: number, count: number) =>
    tab.evaluate(
      async (first, many) => {
        const receipts = Array.from({ length: many }, (_, index) =>
          field.db.set('log', { percent: 1, timestamp: first + index }),
        );
        const ends = await Promise.allSettled(receipts.map(({ acknowledged }) => acknowledged));
        return ends.map((end) => (end.status === 'fulfilled' ? 'acknowledged' : end.reason.reason));
      },
      from,
      count,
    );
  expect(await write(page, 1, 20)).toEqual(Array(20).fill('acknowledged'));
  chaos.refuse();
  chaos.cut();
  for (const tab of [page, other]) await until(tab, () => field.bridge.status() !== 'connected');
  const waiting = Promise.all([write(page, 21, 5), write(other, 26, 5)]);
  await until(page, () => field.bridge.pendingWrites === 10);
  await until(other, () => field.bridge.pendingWrites === 10);
  const session = await page.createCDPSession();
  const { origin } = new URL(url());
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
  for (const [tab, from] of [
    [page, 31],
    [other, 33],
  ] as const) {
    expect(await write(tab, from, 2)).toEqual(['not_stored', 'not_stored']);
  }
  chaos.heal();
  expect(await waiting).toEqual(Array(2).fill(Array(5).fill('acknowledged')));
  for (const tab of [page, other]) await until(tab, () => field.bridge.pendingWrites === 0);
  await page.reload();
  await other.close();
  await until(page, () => document.title === 'ready');
  expect(await write(page, 41, 5)).toEqual(Array(5).fill('acknowledged'));
  const arrived = (await there(page)).sort((left, right) => left - right);
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);
  expect(arrived).toEqual([...numbers(1, 30), ...numbers(41, 45)]);
});

test('a device that runs out of room refuses what is new, and what it has stored arrives', async () => {
  profile = await Profile.create('chrome');
  const limit = 12 * 1024 * 1024;
  chaos.refuse();
  const page = await profile.open(url(), async (blank) => {
    const session = await blank.createCDPSession();
    const { origin } = new URL(url());
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: limit });
  });
  const found = await page.evaluate(async () => {
    await field.db.set('chain', { percent: 0, timestamp: 0 }).stored;
    // What else the origin has takes the room.
    let id = 0;
    for (const size of [200_000, 20_000, 2_000]) {
      const entry = 'x'.repeat(size);
      for (let isFull = false; !isFull && id < 1_000; ) {
        id += 1;
        isFull = await field.storage.commit([{ op: 'put', client: 'filler', id, entry }]).then(
          () => false,
          () => true,
        );
      }
    }
    for (let n = 1; n <= 1_000; n++) {
      const receipt = field.db.set('chain', { percent: n % 100, timestamp: n });
      if (await receipt.stored) continue;
      const end = await receipt.acknowledged.catch((error) => [error.code, error.reason]);
      return { stored: n - 1, end };
    }
    return null;
  });
  const stored = found?.stored ?? 0;
  console.log(`[chaos] quota: ${stored} writes stored, then none`);
  expect(found).toEqual({ stored, end: ['WRITE_DROPPED', 'not_stored'] });
  expect(stored).toBeGreaterThan(0);
  chaos.heal();
  await until(page, () => field.bridge.pendingWrites === 0);
  const ends = await page.evaluate(() => field.settled.map(({ outcome }) => outcome));
  expect(ends.filter((end) => end === 'acknowledged')).toHaveLength(stored + 1);
  const { records } = await page.evaluate(() => field.bridge.query('chain'));
  // What was stored last is there, and shown, and not what was refused after it.
  const last = { percent: stored % 100, timestamp: stored };
  expect(records.at(-1)?.payload).toEqual(last);
  expect(await page.evaluate(() => field.db.get('chain'))).toEqual(last);
});

test('a link that is cut after the server took writes and before it said so: each is acknowledged, once', async () => {
  profile = await Profile.create('chrome');
  const page = await profile.open(url());
  await until(page, () => field.bridge.status() === 'connected' && field.leads());
  // What the server says does not come any more.
  chaos.stall('down');
  await page.evaluate(async () => {
    for (let n = 1; n <= 5; n++) field.db.set('log', { percent: 1, timestamp: n });
    await field.db.set('room', { percent: 1, timestamp: 1 }).stored;
  });
  // Another one sees that they are there.
  const witness = await Profile.create('chrome');
  try {
    const other = await witness.open(fieldPage(server.socket));
    await until(other, () => field.db.get('room') !== null);
  } finally {
    await witness.remove();
  }
  chaos.cut();
  await page.evaluate(() => field.db.set('room', { percent: 2, timestamp: 2 }).stored);
  chaos.heal();
  await until(page, () => field.settled.length === 7);
  const ends = await page.evaluate(() => field.settled.map(({ outcome }) => outcome));
  expect(ends).toEqual(Array(7).fill('acknowledged'));
  expect(await there(page)).toEqual([1, 2, 3, 4, 5]);
  expect(await shown(page)).toEqual([1, 2, 3, 4, 5]);
  expect(await page.evaluate(() => field.db.get('room'))).toEqual({ percent: 2, timestamp: 2 });
});

test('a server that begins anew with nothing is not taken for one that confirms what a tab shows', async () => {
  profile = await Profile.create('chrome');
  const page = await profile.open(url());
  await page.evaluate(() => field.db.set('room', { percent: 7, timestamp: 7 }).acknowledged);
  await until(page, () => field.db.freshness('room') === 'fresh');
  await kept.beginAnew();
  await until(page, () => field.bridge.status() === 'connected');
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  expect(await page.evaluate(() => field.db.freshness('room'))).toBe('stale');
  // What is written then is taken by the new one.
  await page.evaluate(() => field.db.set('room', { percent: 8, timestamp: 8 }).acknowledged);
  await until(page, () => field.db.freshness('room') === 'fresh');
});
