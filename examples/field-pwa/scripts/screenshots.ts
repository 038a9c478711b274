/** Takes pictures of a technician's day, `npm run screenshots`: into `screenshots`, or the folder that SCREENSHOTS names. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Line, writeElsewhere } from '@aimdb/e2e/line';
import { Server } from '@aimdb/e2e/server';
import { type Browser, chromium, type Page } from 'playwright-core';
import { test } from 'vitest';

const folder = process.env.SCREENSHOTS ?? fileURLToPath(new URL('../screenshots', import.meta.url));
const SCREENS = ['site', 'readings', 'photos', 'outbox', 'device'] as const;
const LOOKS = [
  { name: 'phone-light', width: 390, height: 844, colorScheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, colorScheme: 'dark' },
  { name: 'tablet-light', width: 820, height: 1180, colorScheme: 'light' },
  { name: 'tablet-dark', width: 820, height: 1180, colorScheme: 'dark' },
] as const;

/** A picture such as a camera would give, made in the page. */
async function takePhoto(page: Page, hue: number): Promise<void> {
  const base64 = await page.evaluate((colour) => {
    const canvas = document.createElement('canvas');
    canvas.width = 1600;
    canvas.height = 1200;
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    const sky = context.createLinearGradient(0, 0, 0, 1200);
    sky.addColorStop(0, `hsl(${colour} 35% 72%)`);
    sky.addColorStop(1, `hsl(${colour} 28% 34%)`);
    context.fillStyle = sky;
    context.fillRect(0, 0, 1600, 1200);
    context.lineWidth = 90;
    context.strokeStyle = `hsl(${colour} 20% 22%)`;
    context.beginPath();
    context.arc(800, 620, 330, 0, Math.PI * 2);
    context.moveTo(0, 620);
    context.lineTo(470, 620);
    context.moveTo(1130, 620);
    context.lineTo(1600, 620);
    context.stroke();
    return canvas.toDataURL('image/png').split(',')[1] ?? '';
  }, hue);
  await page.locator('input[type=file]').setInputFiles({
    name: 'camera.png',
    mimeType: 'image/png',
    buffer: Buffer.from(base64, 'base64'),
  });
}

async function save(page: Page, meter: string, value: string, note = ''): Promise<void> {
  await page.getByText(meter, { exact: true }).click();
  await page.getByLabel(/^Reading in/).fill(value);
  await page.getByLabel('Note, if any').fill(note);
  await page.getByRole('button', { name: 'Save reading' }).click();
}

const show = (page: Page, screen: string) =>
  page.evaluate((hash) => {
    location.hash = hash;
  }, screen);

async function pictures(page: Page, name: string, screens: readonly string[] = SCREENS) {
  for (const screen of screens) {
    await show(page, screen);
    await page.waitForTimeout(250);
    const size = page.viewportSize() ?? { width: 390, height: 844 };
    // As high as it is long, so that what is fixed to an edge stands there.
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width: size.width, height: Math.max(size.height, height) });
    await page.screenshot({ path: `${folder}/${name}-${screen}.png` });
    await page.setViewportSize(size);
  }
}

async function day(browser: Browser, look: (typeof LOOKS)[number]): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'aimdb-screenshots-'));
  const server = await Server.start(undefined, data);
  const line = await Line.to(server);
  const { name, width, height, colorScheme } = look;
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme,
    deviceScaleFactor: 1,
    hasTouch: true,
  });
  await page.goto(`${server.page}field/?server=${encodeURIComponent(line.socket)}`);
  await page.getByText('Live').first().waitFor();
  await page.waitForTimeout(2_500);
  if (name.endsWith('light'))
    await pictures(page, `${name}-empty`, ['readings', 'photos', 'outbox']);
  await show(page, 'device');
  await page.getByLabel(/^Your name/).fill('Ann Berger');
  await show(page, 'readings');
  await save(page, 'Water inflow', '48211.5');
  await save(page, 'Main power', '9120', 'Seal was open');
  await show(page, 'photos');
  await page.getByLabel('Caption, if any').fill('Seal of the main valve');
  await takePhoto(page, 190);
  await page.getByText('Delivered').first().waitFor();
  await show(page, 'site');
  await page.getByRole('button', { name: 'Open valve' }).click();
  await page.getByText('Delivered').first().waitFor();
  await page.waitForTimeout(3_000);
  await pictures(page, `${name}-live`);

  line.cut();
  await page.getByText(/Offline since/).waitFor();
  await show(page, 'readings');
  await save(page, 'Boiler gas', '3307.25', 'Read by torchlight');
  await save(page, 'Water inflow', '48214');
  await show(page, 'photos');
  await page.getByText('Boiler 1', { exact: true }).click();
  await takePhoto(page, 30);
  await page.getByText('On this device').first().waitFor();
  await show(page, 'site');
  const boiler = page.getByRole('region', { name: 'Boiler 1' });
  for (let n = 0; n < 4; n++) await boiler.getByRole('button', { name: 'Raise' }).click();
  await boiler.getByRole('button', { name: 'Set' }).click();
  await page.getByRole('button', { name: 'Close valve' }).click();
  await page.waitForTimeout(1_000);
  await pictures(page, `${name}-offline`);
  if (name.startsWith('phone')) {
    await show(page, 'outbox');
    await page.getByText('Expired').waitFor({ timeout: 60_000 });
    await pictures(page, `${name}-expired`, ['site', 'outbox']);
  }
  const payload = { value: 70, by: 'Bo Lindner', timestamp: Date.now() };
  await writeElsewhere(server, 'field/boiler/setpoint', payload);
  line.mend();
  await show(page, 'outbox');
  await page.getByText('meanwhile').waitFor();
  await page.waitForTimeout(2_500);
  await pictures(page, `${name}-overtaken`, ['site', 'outbox']);
  await page.close();
  line.close();
  await server.kill();
  rmSync(data, { recursive: true, force: true });
}

test.each(LOOKS)('$name', async (look) => {
  mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.AIMDB_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  await day(browser, look);
  await browser.close();
});
