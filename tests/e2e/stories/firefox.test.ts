/** The first story again, in another engine: values arrive and move in Firefox. */
import puppeteer from 'puppeteer-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Server } from '../harness/server.js';

let server: Server;

beforeEach(async () => {
  server = await Server.start();
});
afterEach(() => server.kill());

test('values arrive and move in Firefox', async () => {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.AIMDB_FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
  });
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(server.page);
    await page.waitForFunction(() => document.querySelector('.connection')?.textContent === 'Live');
    for (const area of ['cpu', 'memory', 'disk', 'network', 'weather']) {
      await page.waitForFunction(
        (selector) => /\d/.test(document.querySelector(selector)?.textContent ?? ''),
        {},
        `.panel-${area} .number`,
      );
    }
    // The van drives along one side of its tour at a time: one of the numbers hardly moves.
    const where = () =>
      page.$$eval('.panel-position dd', (all) => all.map((one) => one.textContent).join());
    const before = await where();
    await expect.poll(where, { timeout: 15_000 }).not.toBe(before);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
});
