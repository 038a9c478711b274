/** Takes the pictures of the README: a minute of the real dashboard, wide and narrow, dark and light. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { test } from 'vitest';
import { Server } from '../harness/server.js';

const folder = fileURLToPath(new URL('../../docs/images', import.meta.url));
const SHOTS = [
  { name: 'dashboard-dark', width: 1440, height: 880, colorScheme: 'dark' },
  { name: 'dashboard-light', width: 1440, height: 880, colorScheme: 'light' },
  { name: 'dashboard-narrow', width: 390, height: 844, colorScheme: 'dark' },
] as const;

test('pictures', async () => {
  mkdirSync(folder, { recursive: true });
  const server = await Server.start();
  const browser = await chromium.launch({
    executablePath: process.env.AIMDB_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const pages = await Promise.all(
    SHOTS.map(async ({ width, height, colorScheme }) => {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme });
      await page.goto(server.page);
      return page;
    }),
  );
  const [first] = pages;
  if (first) {
    for (const celsius of [21.5, 150]) {
      await first.getByLabel('Exact setpoint in degrees').fill(String(celsius));
      await first.getByRole('button', { name: 'Write' }).click();
    }
    await first.getByLabel('Exact setpoint in degrees').fill('');
    await first.waitForTimeout(75_000);
  }
  for (const [index, page] of pages.entries()) {
    await page.screenshot({ path: `${folder}/${SHOTS[index]?.name}.png` });
  }
  await browser.close();
  await server.kill();
});
