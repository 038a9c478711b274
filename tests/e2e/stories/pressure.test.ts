/** Pages in Chromium while a server has a lot to do, and while it stops in the middle of it. */
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { storyTabs } from '../harness/chromium.js';
import { Server } from '../harness/server.js';

/** Together with the pages far below the connections that an address may have before they are sockets. */
const LOADERS = 16;
const VISITORS = 16;
const FOLLOWERS = 64;
const RELOADS = 15;
const CLOSE_RESTART = 1012;

const tabs = storyTabs();
let server: Server;

beforeEach(async () => {
  server = await Server.start();
});
afterEach(() => server.kill());

async function untilLive(page: Page): Promise<void> {
  await page.getByRole('status').filter({ hasText: 'Live' }).first().waitFor();
}

/** A client that follows everything; gives the code that its socket was closed with. */
function follower(leaves: (socket: WebSocket) => void = () => {}): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(server.socket);
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'subscribe', topics: ['#'] }));
      leaves(socket);
    });
    socket.on('error', () => {});
    socket.on('close', resolve);
  });
}

/** Loads pages and opens and leaves sockets without a pause until it is told to end; gives what went wrong. */
function crowd(): { end(): Promise<string[]> } {
  let isOver = false;
  const wrong: string[] = [];
  const load = async () => {
    while (!isOver) {
      try {
        const response = await fetch(server.page);
        const text = await response.text();
        if (response.status !== 200 || !text.endsWith('</html>\n')) {
          wrong.push(`a page with ${response.status} and ${text.length} characters`);
        }
      } catch (error) {
        wrong.push(String(error));
      }
    }
  };
  const visit = async () => {
    for (let turn = 0; !isOver; turn++) {
      // Every other one leaves without a word.
      const code = await follower((socket) => (turn % 2 ? socket.close(1000) : socket.terminate()));
      if (code !== (turn % 2 ? 1000 : 1006)) wrong.push(`a visit that ended with ${code}`);
    }
  };
  const all = [
    ...Array.from({ length: LOADERS }, load),
    ...Array.from({ length: VISITORS }, visit),
  ];
  return {
    end: async () => {
      isOver = true;
      await Promise.all(all);
      return wrong;
    },
  };
}

test('a page stays live while others load pages, come and go without a pause', async () => {
  const page = await tabs.open(server.page);
  await untilLive(page);
  const others = crowd();
  for (let time = 0; time < RELOADS; time++) {
    await page.reload();
    await untilLive(page);
  }
  const processor = page.getByRole('region', { name: 'Processor' }).locator('.number').first();
  const before = await processor.textContent();
  await expect.poll(() => processor.textContent(), { timeout: 15_000 }).not.toBe(before);
  expect(await others.end()).toEqual([]);
  expect(tabs.errors).toEqual([]);
});

test('a server that is stopped in the middle says so to all, and is caught up with', async () => {
  const page = await tabs.open(server.page);
  await untilLive(page);
  let joined = 0;
  const followers = Array.from({ length: FOLLOWERS }, () => follower(() => joined++));
  await expect.poll(() => joined).toBe(FOLLOWERS);
  const others = crowd();
  expect(await server.stop()).toBe(0);
  await others.end();
  expect(await Promise.all(followers)).toEqual(Array(FOLLOWERS).fill(CLOSE_RESTART));
  const alert = page.getByRole('alert');
  await alert.getByText('The server does not answer.').waitFor();

  await server.comeBack();
  await alert.waitFor({ state: 'detached', timeout: 30_000 });
  await untilLive(page);
});
