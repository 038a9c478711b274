/** A contract of one's own, described in one file, from the server to a component and back. */
import { WebSocket } from 'ws';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storyTabs } from '../harness/chromium.js';
import { ORDERS_CONFIG, Server } from '../harness/server.js';

const tabs = storyTabs();
let server: Server;

beforeEach(async () => {
  server = await Server.configured(ORDERS_CONFIG);
});
afterEach(() => server.kill());

/** A device or a program that speaks frames by hand. */
async function speaker(hello: object): Promise<{ say(frame: object): void; close(): void }> {
  const socket = new WebSocket(server.socket);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const say = (frame: object) => socket.send(JSON.stringify(frame));
  say({ type: 'ping', hello: { v: 2, ...hello } });
  return { say, close: () => socket.close() };
}

test('an order moves, a bad one is refused on both sides with its path, an old writer is understood', async () => {
  const page = await tabs.open(server.page);
  const form = page.getByRole('region', { name: 'A new order' });
  const verdict = form.locator('output');
  const list = page.getByRole('region', { name: 'Orders' });

  await form.getByRole('button', { name: 'Order', exact: true }).click();
  await verdict.getByText('The server said: acknowledged.').waitFor();
  await list.getByText('2 × tea').waitFor();

  await form.getByLabel('Cups of tea').fill('0');
  await form.getByRole('button', { name: 'Order', exact: true }).click();
  await verdict.getByText('Refused here, at lines[0].count.').waitFor();
  await form.getByRole('button', { name: "Order past this page's contract" }).click();
  await verdict.getByText('The server refused it.').waitFor();
  expect(await verdict.textContent()).toContain(
    'lines[0].count: expected an integer from 1 to 1000, got 0',
  );

  const held = [{ name: 'order', version: 2, fingerprint: '0000000000000000' }];
  const old = await speaker({ client: 'old', contracts: held });
  const payload = { id: 'OLD-1', sum: 8, placed: 1, lines: [{ article: 'coffee', count: 4 }] };
  old.say({ type: 'write', id: 1, topic: 'orders/shop', payload });
  await list.getByText('4 × coffee: 8.00 EUR').waitFor();
  old.close();
  expect(tabs.errors).toEqual([]);
});

test('devices that nobody configured come with their first report and go when they fall silent', async () => {
  const page = await tabs.open(server.page);
  const devices = page.getByRole('region', { name: 'Devices' });
  await devices.getByText('No device has reported.').waitFor();
  const device = await speaker({ client: 'device', contracts: [] });
  const report = (id: number, celsius: number) =>
    device.say({ type: 'write', id, topic: `devices/${id}/state`, payload: { celsius } });
  report(7, 21.5);
  await devices.getByText('devices.7.state 21.5 °C').waitFor();
  report(8, 30);
  await devices.getByText('devices.8.state 30 °C').waitFor();
  await devices.getByText('No device has reported.').waitFor({ timeout: 25_000 });
  device.close();
  expect(tabs.errors).toEqual([]);
});

test('the server may fall and come back without the page losing what it adopted since', async () => {
  const page = await tabs.open(server.page);
  const devices = page.getByRole('region', { name: 'Devices' });
  const first = await speaker({ client: 'device', contracts: [] });
  first.say({ type: 'write', id: 1, topic: 'devices/1/state', payload: { celsius: 1 } });
  await devices.getByText('devices.1.state 1 °C').waitFor();
  await server.kill();
  await server.comeBack();
  // The new server has no such device; the page hears of it when the connection is back.
  await devices.getByText('No device has reported.').waitFor({ timeout: 25_000 });
  const again = await speaker({ client: 'again', contracts: [] });
  again.say({ type: 'write', id: 1, topic: 'devices/2/state', payload: { celsius: 2 } });
  await devices.getByText('devices.2.state 2 °C').waitFor();
  again.close();
});
