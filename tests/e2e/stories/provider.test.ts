/** A provider under a developer's hands: modules reloaded hot, and pages that a server has rendered. React's own warnings fail it. */
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storyTabs } from '../harness/chromium.js';
import { DevPage, type DevPageOptions } from '../harness/dev-page.js';
import { Server } from '../harness/server.js';

declare global {
  /** Set by a story: a page that was loaded anew has none. */
  var sinceStart: boolean | undefined;
}

const VIENNA = '#sensors\\.temperature\\.vienna';
const HUMIDITY = '#sensors\\.humidity\\.vienna';
const NOTES = '#notes\\.mine';

const tabs = storyTabs();
let server: Server;
let site: DevPage | null = null;

beforeEach(async () => {
  server = await Server.start();
});
afterEach(async () => {
  await site?.close();
  site = null;
  await server.kill();
});

async function open(
  options: DevPageOptions = {},
): Promise<{ page: Page; site: DevPage; sockets: string[] }> {
  site = await DevPage.start(options);
  const sockets: string[] = [];
  const page = await tabs.open(site.address(server.socket), (fresh) => {
    fresh.on('websocket', (socket) => {
      if (socket.url().endsWith('/ws')) sockets.push(socket.url());
    });
  });
  return { page, site, sockets };
}

async function threeValues(page: Page, selector: string): Promise<void> {
  const seen = new Set<string>();
  await expect
    .poll(async () => seen.add((await page.textContent(selector)) ?? '').size, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(3);
}

const text = (page: Page, selector: string) =>
  expect.poll(() => page.textContent(selector), { timeout: 20_000 });

test.each(['18', '19'] as const)(
  'edited components and options keep the socket, the values and the state (React %s)',
  async (version) => {
    const { page, site, sockets } = await open({ version });
    await page.evaluate(() => {
      globalThis.sinceStart = true;
    });
    await text(page, '#status').toBe('connected');
    expect(await page.textContent('#react')).toMatch(`${version}.`);
    await page.click('button');
    await page.click('button');
    await text(page, NOTES).toBe('21');
    await threeValues(page, VIENNA);

    await site.edit('app.tsx', '<h1>before</h1>', '<h1>after</h1>');
    await text(page, 'h1').toBe('after');
    await text(page, NOTES).toBe('21');

    // A record that a component looked at before it was there.
    expect(await page.textContent(HUMIDITY)).toBe('no value');
    await site.edit(
      'options.ts',
      'records: {',
      "records: { 'sensors.humidity.vienna': { schemaType: 'humidity', buffer: 'SingleLatest' },",
    );
    await site.edit('app.tsx', 'value.celsius', "(value.celsius ?? 'humid')");
    await text(page, HUMIDITY).toBe('humid');
    await text(page, NOTES).toBe('21');

    // A mistake is shown, and is over when it is mended.
    await site.edit('options.ts', "schemaType: 'humidity'", "schemaType: 'humdity'");
    await text(page, '#failed').toContain("no contract 'humdity'");
    await site.edit('options.ts', "schemaType: 'humdity'", "schemaType: 'humidity'");
    await text(page, HUMIDITY).toBe('humid');
    await text(page, NOTES).toBe('21');
    await threeValues(page, VIENNA);

    expect(sockets).toHaveLength(1);
    expect(await page.evaluate(() => globalThis.sinceStart)).toBe(true);
    expect(await page.textContent('button')).toBe('note 0');
    expect([...tabs.errors, ...tabs.warnings]).toEqual([]);
  },
);

test.each(['18', '19'] as const)(
  'what a server has rendered is taken over as it is, then lives (React %s)',
  async (version) => {
    const { page, sockets } = await open({ version, isRendered: true });
    await text(page, '#status').toBe('connected');
    expect(await page.textContent('#react')).toMatch(`${version}.`);
    await threeValues(page, VIENNA);
    const rendered = await page.evaluate(() => ({
      html: globalThis.rendered.html,
      isSame: globalThis.rendered.node === document.getElementById('root')?.firstElementChild,
      title: globalThis.rendered.node?.textContent,
    }));
    expect(rendered.html).toContain('no value');
    expect(rendered.html).toContain('disconnected');
    expect(rendered).toMatchObject({ isSame: true, title: 'before' });
    expect(sockets).toHaveLength(1);
    expect([...tabs.errors, ...tabs.warnings]).toEqual([]);
  },
);

test('a mistake that reaches no boundary is over when it is mended, and nothing is lost', async () => {
  const { page, site, sockets } = await open();
  const handled = 'errorFallback={(error) => <p id="failed">{(error as Error).message}</p>}';
  await site.edit('app.tsx', handled, '');
  await text(page, '#status').toBe('connected');
  await page.click('button');
  await text(page, NOTES).toBe('20');
  await site.edit('options.ts', "schemaType: 'temperature'", "schemaType: 'temprature'");
  // React shows nothing then.
  await text(page, '#root').toBe('');
  expect(tabs.errors.join()).toContain("no contract 'temprature'");
  await site.edit('options.ts', "schemaType: 'temprature'", "schemaType: 'temperature'");
  await text(page, NOTES).toBe('20');
  await threeValues(page, VIENNA);
  await site.edit('app.tsx', '<AimDbProvider', '<AimDbProvider brigde={null}');
  await text(page, '#root').toBe('');
  expect(tabs.errors.join()).toContain("there is no option 'brigde'");
  await site.edit('app.tsx', ' brigde={null}', '');
  await text(page, NOTES).toBe('20');
  expect(sockets).toHaveLength(1);
});
