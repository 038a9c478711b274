/** What a device keeps, in browsers with a profile on the disk: over reloads, crashes and a lack of room. */
import type { Page } from 'puppeteer-core';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { type Engine, Profile } from '../harness/profile.js';

const profiles: Profile[] = [];

afterEach(async () => {
  await Promise.all(profiles.splice(0).map((profile) => profile.remove()));
});

async function profileOf(engine: Engine, preferences = {}): Promise<Profile> {
  const profile = await Profile.create(engine, preferences);
  profiles.push(profile);
  return profile;
}

const url = () => `${inject('apiPage')}storage.html`;

/** Opens the storage in a page, and says who the device is. */
const openIn = (page: Page) =>
  page.evaluate(async () => {
    globalThis.kept = await storage.openStorage();
    return { kind: kept.kind, device: kept.device };
  });

const idsIn = (page: Page) => page.evaluate(async () => (await kept.outbox()).map(({ id }) => id));

/** Commits entries one by one until the first that is refused, at most so many; says how many were stored. */
const fill = (page: Page, from: number, count: number, bytes: number) =>
  page.evaluate(
    async (first, many, size) => {
      for (let id = first; id < first + many; id++) {
        const entry = Array.from({ length: size / 10 }, () =>
          Math.random().toString(36).slice(2, 12),
        ).join('');
        try {
          await kept.commit([{ op: 'put', client: 'device', id, entry }]);
        } catch (error) {
          const { code, reason } = error as { code: string; reason: string };
          return { stored: id - first, code: `${code} ${reason}` };
        }
      }
      return { stored: many, code: 'none' };
    },
    from,
    count,
    bytes,
  );

describe.each<Engine>(['chrome', 'firefox'])('in %s', (engine) => {
  test('a write that is stored survives a reload and the end of its tab', async () => {
    const profile = await profileOf(engine);
    const page = await profile.open(url());
    const before = await openIn(page);
    expect(before.kind).toBe('indexeddb');
    await page.evaluate(() => kept.commit([{ op: 'put', client: 'device', id: 1, entry: 'one' }]));
    await page.reload();
    await page.waitForFunction(() => document.title === 'ready');
    expect(await openIn(page)).toEqual(before);
    await page.evaluate(() => kept.commit([{ op: 'put', client: 'device', id: 2, entry: 'two' }]));
    // Nobody waits for the answer to this one: it is there whole, or not.
    void page
      .evaluate(
        () =>
          void kept.commit([3, 4].map((id) => ({ op: 'put', client: 'device', id, entry: 'x' }))),
      )
      .catch(() => {});
    await page.close();
    const next = await profile.open(url());
    expect(await openIn(next)).toEqual(before);
    expect(['1,2', '1,2,3,4']).toContain((await idsIn(next)).join());
  });

  test('a write that is stored survives the kill of the browser', async () => {
    const profile = await profileOf(engine);
    let page = await profile.open(url());
    const before = await openIn(page);
    for (let turn = 0; turn < 3; turn++) {
      await page.evaluate(async (id) => {
        await kept.takeOver();
        await kept.commit([{ op: 'put', client: 'device', id, entry: 'x'.repeat(1000) }]);
      }, turn);
      await profile.kill();
      page = await profile.open(url());
      const { device } = await openIn(page);
      expect(device).toEqual({ id: before.device.id, epoch: turn + 1 });
      expect(await idsIn(page)).toEqual(Array.from({ length: turn + 1 }, (_, id) => id));
    }
  });

  test('a database that is deleted is made anew', async () => {
    const page = await (await profileOf(engine)).open(url());
    const before = await openIn(page);
    const notices = await page.evaluate(async () => {
      const heard: string[] = [];
      kept.onNotice(({ kind }) => heard.push(kind));
      await new Promise((resolve) => {
        indexedDB.deleteDatabase('aimdb:default').onsuccess = resolve;
      });
      await kept.commit([{ op: 'put', client: 'device', id: 5, entry: 'x' }]);
      return heard;
    });
    expect(notices).toEqual(['reopened', 'wiped']);
    expect(await idsIn(page)).toEqual([5]);
    const after = await page.evaluate(() => kept.device.id);
    expect(after).not.toBe(before.device.id);
  });

  test('without room entries are refused; the cache goes first, marks and removals go through', async () => {
    const limit = 24 * 1024 * 1024;
    // Firefox gives a site a fifth of what all sites may have.
    const profile = await profileOf(engine, {
      'dom.quotaManager.temporaryStorage.fixedLimit': (5 * limit) / 1024,
    });
    const page = await profile.open(url(), async (blank) => {
      if (engine !== 'chrome') return;
      const session = await blank.createCDPSession();
      const { origin } = new URL(url());
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: limit });
    });
    await openIn(page);
    const cached = await page.evaluate(async () => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      kept.onNotice((notice) =>
        heard.push(`${notice.kind} ${'what' in notice ? notice.what : ''}`),
      );
      const value = Array.from({ length: 100_000 }, () =>
        Math.random().toString(36).slice(2, 12),
      ).join('');
      for (let at = 0; at < 4; at++) await kept.cache.put({ key: `k${at}`, value });
      return (await kept.cache.all()).length;
    });
    expect(cached).toBe(4);
    const filled = await fill(page, 0, 400, 200_000);
    console.log(`[quota] ${engine}: ${filled.stored} entries of 200 kB, then ${filled.code}`);
    expect(filled.code).toBe('STORAGE_FULL quota');
    expect(filled.stored).toBeGreaterThan(10);
    const after = await page.evaluate(async (last) => {
      const refused = await kept
        .commit([
          { op: 'handOver', client: 'device', id: 1 },
          { op: 'put', client: 'device', id: 9999, entry: 'x'.repeat(250_000) },
          { op: 'remove', client: 'device', id: 0 },
        ])
        .then(
          () => 'none',
          ({ code }) => code,
        );
      for (let id = 2; id < last; id++)
        await kept.commit([{ op: 'handOver', client: 'device', id }]);
      const { epoch } = await kept.takeOver();
      const entries = await kept.outbox();
      const unmarked = entries.filter(({ id, handedOver }) => id < last && !handedOver).length;
      const cache = (await kept.cache.all()).length;
      const { heard } = globalThis as unknown as { heard: string[] };
      return { refused, unmarked, count: entries.length, cache, epoch, heard: [...new Set(heard)] };
    }, filled.stored);
    expect(after).toMatchObject({ unmarked: 0, cache: 0, epoch: 1 });
    // Firefox, out of room, also ends transactions without saying why; these are done again.
    const heard = after.heard.filter((notice) => notice !== 'reopened ');
    expect(heard.slice(0, 2)).toEqual(['evicted cache', 'full outbox']);
    expect(after.count).toBe(filled.stored - (after.refused === 'none' ? 0 : 1));
    await page.reload();
    await page.waitForFunction(() => document.title === 'ready');
    await openIn(page);
    const left = await idsIn(page);
    expect(left).toHaveLength(after.count);
    // The server takes all of them, one by one: then there is room again, also for the ballast.
    const emptied = await page.evaluate(async (all) => {
      for (const id of all) await kept.commit([{ op: 'remove', client: 'device', id }]);
      return (await kept.outbox()).length;
    }, left);
    expect(emptied).toBe(0);
    // Firefox tidies up when it is idle.
    const again = async () => (await fill(page, 20_000, 1, 200_000)).code;
    await expect.poll(again, { timeout: 40_000, interval: 500 }).toBe('none');
  });
});

test.each([1, 10, 100])('how long a commit of %d entries takes, in Chromium', async (count) => {
  const page = await (await profileOf('chrome')).open(url());
  await openIn(page);
  const times = await page.evaluate(async (many) => {
    const measured: number[] = [];
    for (let round = 0; round < 60; round++) {
      const operations = Array.from({ length: many }, (_, at) => {
        const entry = { topic: 'plant/line/1', payload: 'x'.repeat(120) };
        return { op: 'put', client: 'device', id: round * many + at, entry } as const;
      });
      const before = performance.now();
      await kept.commit(operations);
      measured.push(performance.now() - before);
    }
    return measured.sort((left, right) => left - right);
  }, count);
  const at = (part: number) => (times[Math.floor(part * 59)] as number).toFixed(1);
  console.log(`[commit] ${count} entries: ${at(0.5)} ms (${at(0.1)} to ${at(0.9)})`);
  expect(await idsIn(page)).toHaveLength(60 * count);
});
