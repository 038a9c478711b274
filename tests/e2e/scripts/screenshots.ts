/** Takes the pictures of the README: two minutes of the real dashboard, wide and narrow, dark and light, and the pages without a server. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { test } from 'vitest';
import { LOCAL_DEMO_FILES, Server } from '../harness/server.js';

const folder = fileURLToPath(new URL('../../../docs/images', import.meta.url));
const SHOTS = [
  { name: 'dashboard-dark', width: 1440, height: 880, colorScheme: 'dark' },
  { name: 'dashboard-light', width: 1440, height: 880, colorScheme: 'light' },
  { name: 'dashboard-narrow', width: 390, height: 844, colorScheme: 'dark' },
] as const;

const launch = () =>
  chromium.launch({
    executablePath: process.env.AIMDB_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });

test('the dashboard', async () => {
  mkdirSync(folder, { recursive: true });
  const server = await Server.start();
  const browser = await launch();
  const pages = await Promise.all(
    SHOTS.map(async ({ width, height, colorScheme }) => {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme });
      await page.goto(server.page);
      return page;
    }),
  );
  // Each page shows a write that was confirmed and one that was refused.
  for (const page of pages) {
    for (const celsius of [23.5, 150]) {
      await page.getByLabel('Exact setpoint in degrees').fill(String(celsius));
      await page.getByRole('button', { name: 'Write' }).click();
    }
    await page.getByLabel('Exact setpoint in degrees').fill('');
    await page.getByRole('heading').first().click();
  }
  await pages[0]?.waitForTimeout(120_000);
  for (const [index, page] of pages.entries()) {
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.screenshot({ path: `${folder}/${SHOTS[index]?.name}.png` });
  }
  await browser.close();
  await server.kill();
});

test('the page with no server', async () => {
  const server = await Server.start(LOCAL_DEMO_FILES);
  const browser = await launch();
  const viewport = { width: 1280, height: 900 };
  const page = await browser.newPage({ viewport, colorScheme: 'dark' });
  await page.goto(server.page);
  await page.getByRole('button', { name: 'Write 20 at once' }).click();
  await page.getByRole('button', { name: 'Start the source' }).click();
  await page.getByRole('button', { name: 'a humidity of 140 %' }).click();
  await page.waitForTimeout(10_000);
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: `${folder}/local-demo.png` });
  await browser.close();
  await server.kill();
});

test('the page of rules', async () => {
  const server = await Server.start();
  const browser = await launch();
  const page = await browser.newPage({
    viewport: { width: 1280, height: 900 },
    colorScheme: 'light',
    // The whole page is long: at this scale it is as wide as a README shows it.
    deviceScaleFactor: 0.75,
  });
  await page.goto(`${server.page}rules/`);
  const billing = page.getByRole('group', { name: 'Billing' });
  await page.getByRole('radio', { name: 'company' }).check();
  await page.getByLabel('Name').fill('Wetter & Co');
  await page.getByLabel('E-mail').fill('office@wetter');
  await page.getByRole('radio', { name: 'deliver elsewhere' }).check();
  await page.getByRole('radio', { name: 'deliver to the billing address' }).check();
  await billing.getByLabel('City').fill('Graz');
  await billing.getByLabel('Region').selectOption('Styria');
  await page.getByLabel('Date').fill('2026-12-01');
  await page.getByLabel('Pieces of Barometer').fill('3');
  await page.getByLabel('Rain gauge sold out').check();
  await page.getByLabel('Thermometer selected').uncheck();
  // Each engine for a while, so that both have figures.
  await page.getByRole('radio', { name: 'TypeScript twin' }).check();
  await page.getByRole('button', { name: 'Start the feed' }).click();
  await page.waitForTimeout(10_000);
  await page.getByRole('radio', { name: 'WebAssembly' }).check();
  await page.waitForTimeout(10_000);
  await page.screenshot({ path: `${folder}/rules.png`, fullPage: true });
  await browser.close();
  await server.kill();
});
