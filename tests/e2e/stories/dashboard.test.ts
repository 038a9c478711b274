/** The dashboard in Chromium against the real server: what a person sees. */
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storyTabs } from '../harness/chromium.js';
import { Server } from '../harness/server.js';

const tabs = storyTabs();
let server: Server;

beforeEach(async () => {
  server = await Server.start();
});
afterEach(() => server.kill());

const panel = (page: Page, name: string) => page.getByRole('region', { name });
const number = (page: Page, name: string) => panel(page, name).locator('.number').first();
const banner = (page: Page) => page.getByRole('alert');

async function untilText(page: Page, name: string, text: RegExp): Promise<void> {
  await number(page, name).filter({ hasText: text }).waitFor();
}

async function untilLive(page: Page): Promise<void> {
  await page.getByRole('status').filter({ hasText: 'Live' }).first().waitFor();
}

async function writeExactly(page: Page, celsius: number): Promise<void> {
  await page.getByLabel('Exact setpoint in degrees').fill(String(celsius));
  await page.getByRole('button', { name: 'Write' }).click();
}

const writes = (page: Page) => page.getByRole('list', { name: 'What was written' });
const confirmed = (page: Page) => writes(page).getByText('confirmed by the server');

test('values arrive, move, and nothing complains', async () => {
  const page = await tabs.open(server.page);
  await untilLive(page);
  for (const name of ['Processor', 'Memory', 'Disk', 'Network', 'Weather stations']) {
    await untilText(page, name, /\d/);
  }
  await panel(page, 'Van 1')
    .getByText(/\d+\.\d{4}°/)
    .first()
    .waitFor();
  // The van drives along one side of its tour at a time: one of the numbers hardly moves.
  const position = async () => (await panel(page, 'Van 1').locator('dd').allTextContents()).join();
  const before = await position();
  await expect.poll(position, { timeout: 15_000 }).not.toBe(before);
  expect(await banner(page).count()).toBe(0);
  expect(tabs.errors).toEqual([]);
});

test('a setpoint reaches the server, and a tab that comes later sees it at once', async () => {
  const page = await tabs.open(server.page);
  await untilLive(page);
  // The server begins with 21.
  await untilText(page, 'Setpoint, room 1', /^21\.0$/);
  await page.getByLabel('Setpoint in degrees', { exact: true }).focus();
  await page.keyboard.press('ArrowRight');
  await confirmed(page).waitFor();
  await untilText(page, 'Setpoint, room 1', /^21\.5$/);
  const later = await tabs.open(server.page);
  await untilText(later, 'Setpoint, room 1', /^21\.5$/);
});

test('a refused setpoint shows its reason and changes nothing', async () => {
  const page = await tabs.open(server.page);
  await untilLive(page);
  await writeExactly(page, 21);
  await confirmed(page).waitFor();
  await writeExactly(page, 150);
  const refused = writes(page).getByRole('listitem').first();
  await refused.getByText(/refused: celsius/).waitFor();
  await untilText(page, 'Setpoint, room 1', /^21\.0$/);
});

test('the server is killed: the page says so, queues, and catches up when it is back', async () => {
  const page = await tabs.open(server.page);
  await untilLive(page);
  await untilText(page, 'Processor', /\d/);
  await server.kill();
  await banner(page).getByText('The server does not answer.').waitFor();
  for (const celsius of [22, 23, 24]) await writeExactly(page, celsius);
  await banner(page).getByText('3 writes queued.').waitFor();
  await untilText(page, 'Setpoint, room 1', /^24\.0$/);
  await panel(page, 'Processor').getByText(/stale/).waitFor();

  await server.comeBack();
  await banner(page).waitFor({ state: 'detached', timeout: 30_000 });
  await expect.poll(() => confirmed(page).count()).toBe(3);
  await panel(page, 'Processor').getByText(/stale/).waitFor({ state: 'detached' });
  const later = await tabs.open(server.page);
  await untilText(later, 'Setpoint, room 1', /^24\.0$/);
});

test('the theme follows the system until somebody chooses', async () => {
  const page = await tabs.open(server.page);
  await untilLive(page);
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(theme).toBe('dark');
  await page.getByRole('button', { name: 'Use the light theme' }).click();
  await expect.poll(theme).toBe('light');
  await page.reload();
  await expect.poll(theme).toBe('light');
});
