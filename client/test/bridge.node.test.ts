/** What only Node 20 shows: a platform without a socket. */
import { WsBridge } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import { freshDatabases, thrown } from './support/db.js';

const database = freshDatabases();

test('a platform without a WebSocket says so, and how to bring one', async () => {
  const kept = globalThis.WebSocket;
  Reflect.deleteProperty(globalThis, 'WebSocket');
  const error = await thrown(() => WsBridge.connect(database(), 'ws://127.0.0.1:1'));
  if (kept) globalThis.WebSocket = kept;
  expect(error.code).toBe('NO_WEBSOCKET');
  expect(error.message).toContain('`ws`');
});

test('an address without a page must be complete', async () => {
  const error = await thrown(() =>
    WsBridge.connect(database(), '/ws', { WebSocket: class {} as never }),
  );
  expect(error.code).toBe('URL_INVALID');
});
