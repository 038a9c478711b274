/** A page in Rust alone, with the client of `ws-client/` over the browser's own WebSocket. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storyTabs } from '../harness/chromium.js';
import { Server } from '../harness/server.js';

const example = fileURLToPath(new URL('../../../examples/rust-page', import.meta.url));
const tabs = storyTabs();

let server: Server;

beforeAll(async () => {
  const module = join(example, 'pkg/rust_page_bg.wasm');
  if (!existsSync(module)) throw new Error(`${module} is not built: run make rust-page`);
  server = await Server.start(example);
});
afterAll(async () => {
  await server.stop();
});

test('values come, a write goes, a bad one is refused, and a killed server is caught up with', async () => {
  const page = await tabs.open(server.page);
  const shown = (id: string) => page.locator(`#${id}`).textContent();
  await expect.poll(() => shown('status')).toBe('connected');
  await expect.poll(() => shown('vienna')).toMatch(/^-?\d+\.\d °C$/);
  const before = await shown('vienna');
  await expect.poll(() => shown('vienna'), { timeout: 20_000 }).not.toBe(before);

  await page.locator('#wanted').fill('23.5');
  await page.locator('#set').click();
  await expect.poll(() => shown('room')).toBe('23.5 °C');
  await expect.poll(() => shown('write')).toMatch(/is acknowledged$/);

  // The contract refuses here, with the words of every other door.
  await page.locator('#wanted').fill('1000');
  await page.locator('#set').click();
  await expect.poll(() => shown('write')).toMatch(/celsius: expected .*, got 1000/);
  expect(await shown('room')).toBe('23.5 °C');

  await server.kill();
  await expect.poll(() => shown('status'), { timeout: 20_000 }).toBe('reconnecting');
  await page.locator('#wanted').fill('24');
  await page.locator('#set').click();
  await expect.poll(() => shown('room')).toBe('24 °C');
  await server.comeBack();
  await expect.poll(() => shown('status'), { timeout: 20_000 }).toBe('connected');
  await expect.poll(() => shown('write'), { timeout: 20_000 }).toMatch(/is acknowledged$/);
}, 90_000);
