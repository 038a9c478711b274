/** Takes the pictures of the README: two minutes of the real dashboard, wide and narrow, dark and light, and the local page. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { test } from 'vitest';
import { LOCAL_DEMO_FILES, Server } from '../harness/server.js';

const folder = fileURLToPath(new URL('../../docs/images', import.meta.url));
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
