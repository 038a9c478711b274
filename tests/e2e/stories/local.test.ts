/** The page without a server, with the network off. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storyTabs } from '../harness/chromium.js';
import { LOCAL_DEMO_FILES, Server } from '../harness/server.js';

const tabs = storyTabs();
let server: Server;

beforeEach(async () => {
  server = await Server.start(LOCAL_DEMO_FILES);
});
afterEach(() => server.kill());

test('buffers, lag and refusals work with the server gone and the network off', async () => {
  const page = await tabs.open(server.page);
  await page.getByRole('heading', { name: 'Three buffers, one source' }).waitFor();
  await page.context().setOffline(true);
  await server.kill();

  const card = (name: string) => page.getByRole('article', { name });
  const count = async (name: string, what: string) =>
    Number(await card(name).getByTestId(what).first().textContent());

  await page.getByRole('button', { name: 'Write 20 at once' }).click();
  await expect.poll(() => count('SingleLatest', 'written')).toBe(20);
  expect(await count('SingleLatest', 'got')).toBe(1);
  expect(await count('SpmcRing of 8', 'got')).toBe(8);
  expect(await count('SpmcRing of 8', 'missed')).toBe(12);

  await page.getByRole('button', { name: 'Start the source' }).click();
  await expect.poll(() => count('SpmcRing of 8', 'got')).toBeGreaterThan(9);
  await page.getByRole('button', { name: 'Stop the source' }).click();
  const taken = card('Mailbox').getByTestId('got');
  const [first, second] = [await taken.nth(0).textContent(), await taken.nth(1).textContent()];
  // Every turn's value went to exactly one of the two readers.
  expect(Number(first) + Number(second)).toBe(await count('SingleLatest', 'got'));

  const verdict = page.locator('output.verdict');
  await page.getByRole('button', { name: 'a humidity of 140 %' }).click();
  await verdict.getByText('percent').waitFor();
  await verdict.getByText('demo.humidity').waitFor();
  await page.getByRole('button', { name: 'a temperature of 21.1' }).click();
  await verdict.getByText('Taken.').waitFor();
  await page.getByText('the record holds 21.1 °C').waitFor();
  expect(tabs.errors).toEqual([]);
});
