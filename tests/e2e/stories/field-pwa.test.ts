/** A technician's day: the app is installed, starts without a network, and what was entered arrives, once, or is said to have come to nothing. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { storyTabs } from '../harness/chromium.js';
import { Line, writeElsewhere } from '../harness/line.js';
import { DASHBOARD_FILES, Server } from '../harness/server.js';

const tabs = storyTabs({ viewport: { width: 390, height: 844 } });
const FIELD_FILES = join(DASHBOARD_FILES, 'field');
/** A command waits for half a minute before it expires. */
const EXPIRES_MS = 45_000;
/** The least side of what is touched, in CSS pixels. */
const TOUCH_PX = 44;
let folder: string;
let server: Server;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aimdb-field-pwa-'));
  server = await Server.start(undefined, folder);
});
afterEach(async () => {
  await server.kill();
  rmSync(folder, { recursive: true, force: true });
});

const address = () => `${server.page}field/`;

async function openInstalled(): Promise<Page> {
  const page = await tabs.open(address());
  await untilLive(page);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  return page;
}

const untilLive = (page: Page) => page.getByRole('status').getByText('Live').waitFor();
const untilOffline = (page: Page) => page.getByRole('status').getByText('Offline').waitFor();

async function show(page: Page, screen: string): Promise<void> {
  await page.getByRole('link', { name: new RegExp(`^${screen}`) }).click();
  const heading = screen === 'Device' ? 'This device' : screen;
  if (screen !== 'Site') await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
}

async function saveReading(page: Page, value: number): Promise<void> {
  await page.getByLabel('Reading in m³').fill(String(value));
  await page.getByRole('button', { name: 'Save reading' }).click();
  await reading(page, value)
    .getByText(/On this device|Delivered/)
    .waitFor();
}

const reading = (page: Page, value: number) =>
  page.getByRole('listitem').filter({ hasText: value.toLocaleString('en-US') });

/** A picture with so much in it that it must be made smaller. */
async function takePhoto(page: Page): Promise<void> {
  const base64 = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1600, 1200];
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    for (let n = 0; n < 4000; n++) {
      context.fillStyle = `hsl(${(n * 47) % 360} 70% ${20 + (n % 60)}%)`;
      context.fillRect((n * 331) % 1600, (n * 197) % 1200, 60, 40);
    }
    return canvas.toDataURL('image/jpeg', 0.95).split(',')[1] ?? '';
  });
  const buffer = Buffer.from(base64, 'base64');
  expect(buffer.length).toBeGreaterThan(100_000);
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'camera.jpg', mimeType: 'image/jpeg', buffer });
}

interface Found {
  readonly id: string;
  readonly value: number;
  readonly jpeg: readonly string[];
}

/** How often a text occurs in what the device keeps to look at. */
async function timesCached(page: Page, text: string): Promise<number> {
  return page.evaluate(async (wanted) => {
    const request = indexedDB.open('aimdb:default');
    await new Promise((resolve) => request.addEventListener('success', resolve));
    const all = request.result.transaction('cache').objectStore('cache').getAll();
    await new Promise((resolve) => all.addEventListener('success', resolve));
    request.result.close();
    return JSON.stringify(all.result).split(wanted).length - 1;
  }, text);
}

/** Until the device has what the server said last, which is written down every other second. */
async function untilCached(page: Page, text: string): Promise<void> {
  await expect.poll(() => timesCached(page, text), { timeout: 10_000 }).toBeGreaterThan(0);
}

/** What the server's history has of a topic. */
async function kept(topic: string): Promise<Found[]> {
  const socket = new WebSocket(server.socket);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const answer = new Promise<{ records: { payload: Found }[] }>((resolve) => {
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data));
      if (frame.type === 'query_result') resolve(frame);
    });
  });
  socket.send(JSON.stringify({ type: 'query', id: 'q', pattern: topic }));
  const { records } = await answer;
  socket.close();
  return records.map(({ payload }) => payload);
}

test('it can be installed: a manifest, icons, and a service worker that keeps the files and nothing else', async () => {
  const page = await openInstalled();
  const browser = await page.context().newCDPSession(page);
  const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors');
  // Each story has a context of its own, which the browser takes for a private window.
  const errors = installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito');
  expect(errors).toEqual([]);
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });
  for (const part of ['/field/', '/field/manifest.webmanifest', '/field/icon-192.png']) {
    expect(kept).toContain(part);
  }
  expect(kept.some((path) => path.endsWith('.wasm'))).toBe(true);
  expect(kept.filter((path) => !path.startsWith('/field/'))).toEqual([]);
  // Other forms of the engine are for browsers that want them.
  expect(kept.filter((path) => /engine_(plain|inline)/.test(path))).toEqual([]);
  await show(page, 'Device');
  await page.getByText('Installed: starts without a network.').waitFor();
  expect(tabs.errors).toEqual([]);
});

test('a new version is told, waits until it is asked for, and takes over whole', async () => {
  await server.kill();
  const files = join(folder, 'files');
  cpSync(FIELD_FILES, join(files, 'field'), { recursive: true });
  server = await Server.start(files, join(folder, 'data'));
  const page = await openInstalled();
  const title = () => page.title();
  expect(await title()).toBe('Field');

  // What a build does: other files, and another version in the worker.
  const change = (name: string, from: string | RegExp, to: string) => {
    const path = join(files, 'field', name);
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  };
  change('index.html', '<title>Field</title>', '<title>Field, next</title>');
  change('sw.js', /[0-9a-f]{12}/, '0123456789ab');
  await page.reload();
  await page.getByText('A new version of this app is ready.').waitFor();
  await untilLive(page);
  expect(await title()).toBe('Field');

  await page.getByRole('button', { name: 'Use it' }).click();
  await expect.poll(title).toBe('Field, next');
  await untilLive(page);
  expect(await page.evaluate(() => caches.keys())).toEqual(['field-0123456789ab']);
  await page.getByText('A new version of this app is ready.').waitFor({ state: 'detached' });
});

test('everything that is touched is large enough for a glove, on a phone and on a tablet', async () => {
  const page = await openInstalled();
  for (const viewport of [
    { width: 360, height: 740 },
    { width: 820, height: 1180 },
  ]) {
    await page.setViewportSize(viewport);
    for (const screen of ['Site', 'Readings', 'Photos', 'Outbox', 'Device']) {
      await show(page, screen);
      const { small, isWide } = await page.evaluate((least) => {
        const touched =
          'button, a, label.capture, .choice span, input:not([type=radio], [type=file])';
        const seen = [...document.querySelectorAll<HTMLElement>(touched)].filter((element) =>
          element.checkVisibility({ visibilityProperty: true }),
        );
        const isSmall = (element: HTMLElement) => {
          const { width, height } = element.getBoundingClientRect();
          return Math.min(width, height) < least;
        };
        return {
          small: seen.filter(isSmall).map(({ outerHTML }) => outerHTML),
          isWide: document.documentElement.scrollWidth > innerWidth,
        };
      }, TOUCH_PX);
      expect(small).toEqual([]);
      expect(isWide).toBe(false);
    }
  }
});

test('its contracts are those of the station', async () => {
  const page = await tabs.open('about:blank');
  const told: Record<'sent' | 'received', Map<string, string>> = {
    sent: new Map(),
    received: new Map(),
  };
  const note = (of: 'sent' | 'received') => (frame: { payload: string | Buffer }) => {
    const { hello } = JSON.parse(String(frame.payload)) as {
      hello?: { contracts?: { name: string; fingerprint: string }[] };
    };
    for (const { name, fingerprint } of hello?.contracts ?? []) {
      if (name.startsWith('field_')) told[of].set(name, fingerprint);
    }
  };
  page.on('websocket', (socket) => {
    socket.on('framesent', note('sent'));
    socket.on('framereceived', note('received'));
  });
  await page.goto(address());
  await untilLive(page);
  await expect.poll(() => told.received.size).toBe(6);
  expect(told.sent).toEqual(told.received);
});

test('a day without a network: what was entered survives reloads and is with the server once', async () => {
  const page = await openInstalled();
  await show(page, 'Readings');
  await saveReading(page, 100);
  await untilCached(page, 'field.boiler.setpoint');
  await server.kill();
  await untilOffline(page);
  await saveReading(page, 101);
  await page.reload();
  await untilOffline(page);
  await saveReading(page, 102);
  await show(page, 'Photos');
  await takePhoto(page);
  await page.getByRole('listitem').getByText('On this device').waitFor();
  await show(page, 'Site');
  const boiler = page.getByRole('region', { name: 'Boiler 1' });
  // What the server said last is here although it is not.
  await boiler.getByText('62.0').first().waitFor();
  await boiler.getByText('Kept, as of').waitFor();
  await boiler.getByRole('button', { name: 'Raise' }).click();
  await boiler.getByRole('button', { name: 'Set' }).click();
  await boiler.getByText('On this device').waitFor();
  await page.reload();
  await untilOffline(page);
  await show(page, 'Readings');
  const list = page.getByRole('list', { name: 'Last readings' });
  await expect.poll(() => list.getByText('On this device').count()).toBe(2);
  // What the server had confirmed is there as well.
  await list.getByText('Delivered').waitFor();
  await show(page, 'Outbox');
  const waiting = page.getByRole('region', { name: 'On the way' });
  await expect.poll(() => waiting.getByRole('listitem').count()).toBe(4);

  await server.comeBack();
  await untilLive(page);
  await waiting.waitFor({ state: 'detached' });
  expect(await page.getByRole('region', { name: 'Needs you' }).count()).toBe(0);
  const readings = await kept('field/readings');
  expect(readings.map(({ value }) => value)).toEqual([100, 101, 102]);
  const [photo, ...more] = await kept('field/photos');
  expect(more).toEqual([]);
  const jpeg = Buffer.concat((photo?.jpeg ?? []).map((part) => Buffer.from(part, 'base64')));
  expect(jpeg.length).toBeGreaterThan(5_000);
  expect(jpeg.length).toBeLessThanOrEqual(40_000);
  expect(jpeg.subarray(0, 3).toString('hex')).toBe('ffd8ff');
  // On the device it is once, too.
  const id = photo?.id ?? '';
  await untilCached(page, id);
  expect(await timesCached(page, id)).toBe(1);
  expect((await kept('field/boiler/setpoint')).map(({ value }) => value)).toContain(62.5);
  await page.reload();
  await untilLive(page);
  expect((await kept('field/readings')).length).toBe(3);
});

test('where nothing can be kept it says so, and what is entered arrives all the same', async () => {
  const page = await tabs.open('about:blank');
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, 'indexedDB', { value: undefined });
  });
  await page.goto(address());
  await untilLive(page);
  await page.getByRole('alert').getByText('This browser keeps nothing for this app.').waitFor();
  await show(page, 'Readings');
  await page.getByLabel('Reading in m³').fill('-1');
  await page.getByRole('button', { name: 'Save reading' }).click();
  await page.getByText(/value: expected a number/).waitFor();
  await saveReading(page, 301);
  await page.getByRole('listitem').filter({ hasText: '301' }).getByText('Delivered').waitFor();
  expect((await kept('field/readings')).map(({ value }) => value)).toEqual([301]);
});

test('a command that waited too long is never sent, is said to have expired, and can be given again', async () => {
  const page = await openInstalled();
  const tank = page.getByRole('region', { name: 'Tank 3' });
  await tank.getByText('valve closed').waitFor();
  await server.kill();
  await untilOffline(page);
  await tank.getByRole('button', { name: 'Open valve' }).click();
  await tank.getByText('On this device').waitFor();
  await tank.getByText('Expired').waitFor({ timeout: EXPIRES_MS });
  await server.comeBack();
  await untilLive(page);
  await show(page, 'Outbox');
  const letter = page.getByRole('region', { name: 'Needs you' });
  await letter.getByText('it was not carried out').waitFor();
  expect(await kept('field/commands')).toEqual([]);

  await letter.getByRole('button', { name: 'Try again' }).click();
  await letter.waitFor({ state: 'detached' });
  await show(page, 'Site');
  await tank.getByText('valve open').waitFor();
  expect((await kept('field/commands')).length).toBe(1);
}, 120_000);

/** Another tab of the device. */
async function openBeside(page: Page): Promise<Page> {
  const other = await page.context().newPage();
  await other.goto(address());
  await untilLive(other);
  return other;
}

test('of two tabs the second writes without a network and the first is closed: all arrives once', async () => {
  const first = await openInstalled();
  await show(first, 'Readings');
  const second = await openBeside(first);
  await show(second, 'Readings');
  await saveReading(second, 201);
  await reading(first, 201).getByText('Delivered').waitFor();
  await server.kill();
  await untilOffline(first);
  await untilOffline(second);
  await saveReading(first, 202);
  await saveReading(second, 203);
  for (const [tab, other] of [
    [first, 203],
    [second, 202],
  ] as const) {
    await reading(tab, other).getByText('On this device').waitFor();
  }
  await first.close();
  await saveReading(second, 204);
  await server.comeBack();
  await untilLive(second);
  for (const value of [202, 203, 204])
    await reading(second, value).getByText('Delivered').waitFor();
  expect(await second.getByRole('link', { name: 'Outbox' }).innerText()).toBe('Outbox');
  const readings = await kept('field/readings');
  expect(readings.map(({ value }) => value)).toEqual([201, 202, 203, 204]);
});

test('a tab of another window writes, and lists what the first one wrote and how it ended', async () => {
  const page = await openInstalled();
  await show(page, 'Readings');
  const opened = page.context().waitForEvent('page');
  await page.evaluate(() => void open(location.href, '_blank', 'popup,width=390,height=844'));
  const other = await opened;
  await untilLive(other);
  await saveReading(page, 401);
  await saveReading(other, 402);
  await reading(page, 402).getByText('Delivered').waitFor();
  await reading(other, 401).getByText('Delivered').waitFor();
  // What came to nothing is in both, and gone from both once one of them has let it go.
  await server.kill();
  await untilOffline(other);
  await show(other, 'Site');
  await other.getByRole('button', { name: 'Open valve' }).click();
  const letter = (tab: Page) => tab.getByRole('region', { name: 'Needs you' });
  for (const tab of [page, other]) {
    await show(tab, 'Outbox');
    await letter(tab).getByText('Open the valve').waitFor({ timeout: EXPIRES_MS });
  }
  await letter(page).getByRole('button', { name: 'Discard' }).click();
  await letter(other).waitFor({ state: 'detached' });
}, 120_000);

test('who sets what somebody else has set meanwhile sees both values, and may set it all the same', async () => {
  const line = await Line.to(server);
  const page = await tabs.open(`${address()}?server=${encodeURIComponent(line.socket)}`);
  await untilLive(page);
  const boiler = page.getByRole('region', { name: 'Boiler 1' });
  const set = async () => {
    await boiler.getByRole('button', { name: 'Raise' }).click();
    await boiler.getByRole('button', { name: 'Set', exact: true }).click();
  };
  await boiler.locator('output').getByText('62.0').waitFor();
  for (const isReloaded of [false, true]) {
    line.cut();
    await untilOffline(page);
    await set();
    await boiler.getByText('On this device').waitFor();
    if (isReloaded) {
      await page.reload();
      await untilOffline(page);
      await boiler.getByText('On this device').waitFor();
    }
    const payload = { value: 70, by: 'Bo', timestamp: Date.now() };
    await writeElsewhere(server, 'field/boiler/setpoint', payload);
    line.mend();
    await untilLive(page);
    const mine = isReloaded ? '63.0' : '62.5';
    const lost = boiler.getByText(`You set ${mine} °C, Bo set 70.0 °C meanwhile.`);
    await lost.waitFor();
    await boiler.locator('output').getByText('70.0').waitFor();
    await boiler.getByRole('button', { name: 'Set anyway' }).click();
    await lost.waitFor({ state: 'detached' });
    await boiler.locator('output').getByText(mine).waitFor();
    await boiler.getByText('Delivered').waitFor();
  }
  const values = (await kept('field/boiler/setpoint')).map(({ value }) => value);
  expect(values.at(-1)).toBe(63);
  line.close();
});

test('a device that comes later has what was there before, also without a network', async () => {
  const earlier = await openInstalled();
  await show(earlier, 'Readings');
  for (const value of [501, 502, 503]) await saveReading(earlier, value);
  await reading(earlier, 503).getByText('Delivered').waitFor();
  const page = await openInstalled();
  await show(page, 'Readings');
  const delivered = () => page.getByRole('list', { name: 'Last readings' }).getByText('Delivered');
  await expect.poll(() => delivered().count()).toBe(3);
  await saveReading(page, 504);
  await reading(page, 504).getByText('Delivered').waitFor();
  await untilCached(page, 'aimdb:record:field.readings');
  await server.kill();
  await untilOffline(page);
  await page.reload();
  await untilOffline(page);
  await expect.poll(() => delivered().count()).toBe(4);
});

test('what the server refused is never shown as delivered, also after it was discarded', async () => {
  const page = await tabs.open('about:blank');
  await page.routeWebSocket(/\/ws$/, (socket) => {
    const onward = socket.connectToServer();
    socket.onMessage((text) => {
      const { type, topic, id, payload } = JSON.parse(String(text));
      if (type !== 'write' || payload.value !== 601) return onward.send(text);
      const error = { type: 'error', code: 'WRITE_ERROR', topic, id, reason: 'forbidden' };
      socket.send(JSON.stringify({ ...error, message: 'not on a Sunday' }));
    });
  });
  await page.goto(address());
  await untilLive(page);
  await show(page, 'Readings');
  await saveReading(page, 600);
  await reading(page, 600).getByText('Delivered').waitFor();
  await page.getByLabel('Reading in m³').fill('601');
  await page.getByRole('button', { name: 'Save reading' }).click();
  await reading(page, 601).getByText('Refused').waitFor();
  await reading(page, 601).getByText('not on a Sunday').waitFor();
  await reading(page, 601).getByRole('button', { name: 'Discard' }).click();
  await reading(page, 601).waitFor({ state: 'detached' });
  // A ring goes on showing it, and the device has only what the server took.
  await saveReading(page, 602);
  await untilCached(page, '"value":602');
  await page.reload();
  await untilLive(page);
  await reading(page, 600).getByText('Delivered').waitFor();
  expect(await reading(page, 601).count()).toBe(0);
});
