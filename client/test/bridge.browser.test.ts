/** What only a page shows: addresses beside it, and the system's news. */
import { WsBridge } from '@aimdb/wasm';
import { expect, test, vi } from 'vitest';
import { freshDatabases } from './support/db.js';
import { Room } from './support/room.js';

const database = freshDatabases();
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);

test('an address beside the page is taken for a socket there', () => {
  const asked: string[] = [];
  class Noted extends WebSocket {
    constructor(url: string) {
      asked.push(url);
      super(url);
    }
  }
  const bridge = WsBridge.connect(database(), '/ws', { WebSocket: Noted });
  bridge.disconnect();
  expect(asked).toEqual([`ws://${location.host}/ws`]);
});

test('a network that comes back is tried at once, however long the wait was to be', async () => {
  const room = new Room();
  await room.close();
  const wait = { backoffMinMs: 60_000, backoffMaxMs: 60_000 };
  const bridge = WsBridge.connect(database(), room.url, wait);
  await until(() => bridge.retryAt);
  await room.open();
  window.dispatchEvent(new Event('online'));
  await until(() => bridge.status() === 'connected');
});

test('a page that comes to the front tries at once', async () => {
  const room = new Room();
  await room.close();
  const wait = { backoffMinMs: 60_000, backoffMaxMs: 60_000 };
  const bridge = WsBridge.connect(database(), room.url, wait);
  await until(() => bridge.retryAt);
  await room.open();
  document.dispatchEvent(new Event('visibilitychange'));
  await until(() => bridge.status() === 'connected');
});
