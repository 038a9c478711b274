/** A setpoint that is changed without a network while somebody else changes it: who loses hears so, with what won. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fieldPage } from '../harness/field.js';
import { Line, writeElsewhere } from '../harness/line.js';
import { Profile } from '../harness/profile.js';
import { Server } from '../harness/server.js';

let folder: string;
let server: Server;
let line: Line;
let profile: Profile;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aimdb-conflict-'));
  const record = (key: string) =>
    `[[records]]\nkey = "${key}"\nschema = "humidity"\nwritable = true\n`;
  const config = join(folder, 'server.toml');
  writeFileSync(config, `data = "data"\n${['dial', 'chain', 'clock'].map(record).join('')}`);
  server = await Server.configured(config);
  line = await Line.to(server);
  profile = await Profile.create('chrome');
});
afterEach(async () => {
  await profile.remove();
  line.close();
  await server.kill();
  rmSync(folder, { recursive: true });
});

const open = () => profile.open(fieldPage(line.socket));

const set = (page: Page, key: string, ...percents: number[]) =>
  page.evaluate(
    (record, all) => {
      for (const percent of all) field.db.set(record, { percent, timestamp: Date.now() + percent });
    },
    key,
    percents,
  );

const isQuiet = (page: Page) =>
  page.waitForFunction(
    () => field.bridge.status() === 'connected' && field.bridge.pendingWrites === 0,
  );

const isOffline = (page: Page) => page.waitForFunction(() => field.bridge.status() !== 'connected');

const TAKEN = ['acknowledged', null, null];

/** How each write of a record ended, and what it lost against. */
const outcomes = (page: Page, key: string) =>
  page.evaluate(
    (record) =>
      field.settled
        .filter((write) => write.key === record)
        .map(({ outcome, reason, winner }) => [
          outcome,
          reason,
          (winner as { percent: number } | undefined)?.percent,
        ]),
    key,
  );

const shown = (page: Page, key: string) =>
  page.evaluate((record) => (field.db.get(record) as { percent: number } | null)?.percent, key);

test('an offline setpoint does not win over one that was set meanwhile, and the page shows that', async () => {
  const page = await open();
  await set(page, 'dial', 20);
  await isQuiet(page);
  line.cut();
  await isOffline(page);
  await set(page, 'dial', 10);
  await writeElsewhere(server, 'dial', { percent: 30, timestamp: 5 });
  expect(await shown(page, 'dial')).toBe(10);
  line.mend();
  await isQuiet(page);
  await page.waitForFunction(() => field.settled.length === 2);
  expect(await outcomes(page, 'dial')).toEqual([TAKEN, ['refused', 'superseded', 30]]);
  expect(await shown(page, 'dial')).toBe(30);
  // What is written over that is taken.
  await set(page, 'dial', 11);
  await isQuiet(page);
  expect((await outcomes(page, 'dial')).at(-1)).toEqual(TAKEN);
});

test('a chain of them is lost whole over a reload, and taken whole where nobody came between', async () => {
  const page = await open();
  await set(page, 'chain', 5);
  await set(page, 'dial', 5);
  await isQuiet(page);
  line.cut();
  await isOffline(page);
  await set(page, 'chain', 10, 12);
  await set(page, 'dial', 10, 12);
  await page.waitForFunction(() => field.stored.length >= 5);
  await page.reload();
  await page.waitForFunction(() => document.title === 'ready');
  expect([await shown(page, 'chain'), await shown(page, 'dial')]).toEqual([12, 12]);
  await set(page, 'chain', 15);
  await set(page, 'dial', 15);
  await writeElsewhere(server, 'chain', { percent: 30, timestamp: 5 });
  line.mend();
  await isQuiet(page);
  const lost = ['refused', 'superseded', 30];
  await page.waitForFunction(() => field.settled.filter(({ key }) => key === 'chain').length === 3);
  expect(await outcomes(page, 'chain')).toEqual([lost, lost, lost]);
  expect(await shown(page, 'chain')).toBe(30);
  // Of the other record the newest alone was sent, over what the first was over.
  expect((await outcomes(page, 'dial')).at(-1)).toEqual(TAKEN);
  expect(await shown(page, 'dial')).toBe(15);
});

test('of two times the later one stays, whichever comes first', async () => {
  const page = await open();
  await isQuiet(page);
  line.cut();
  await isOffline(page);
  await set(page, 'clock', 10);
  const later = Date.now() + 30_000;
  await writeElsewhere(server, 'clock', { percent: 30, timestamp: later });
  line.mend();
  await isQuiet(page);
  await page.waitForFunction(() => field.settled.length === 1);
  expect(await outcomes(page, 'clock')).toEqual([['refused', 'superseded', 30]]);
  expect(await shown(page, 'clock')).toBe(30);
  await page.evaluate((at) => field.db.set('clock', { percent: 40, timestamp: at }), later + 1);
  await isQuiet(page);
  expect((await outcomes(page, 'clock')).at(-1)).toEqual(TAKEN);
});
