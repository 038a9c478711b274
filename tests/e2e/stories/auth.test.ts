/** A page with a token that lives for seconds, in Chromium against the real server. */
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BridgeStatus, SettledWrite } from '@aimdb/wasm';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storyTabs } from '../harness/chromium.js';
import { Server } from '../harness/server.js';

const KEY = 'a-shared-key-of-more-than-32-bytes';
const CONFIG = `
[auth.jwt]
algorithm = "HS256"
key = "${KEY}"
audience = "plant"
leeway_s = 0
[[records]]
key = "room.1"
schema = "setpoint"
writable = true
[[records]]
key = "office.secret"
schema = "setpoint"
writable = true
`;

interface InPage {
  db: import('@aimdb/wasm').WasmDb;
  bridge: import('@aimdb/wasm').WsBridge;
  states: BridgeStatus[];
  settled: SettledWrite[];
  errors: string[];
}

declare global {
  var session: InPage;
  /** Asks the story for a token. */
  function getToken(): Promise<string>;
}

const tabs = storyTabs();
let folder: string;
let server: Server;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aimdb-auth-'));
  const config = join(folder, 'server.toml');
  await writeFile(config, CONFIG);
  server = await Server.configured(config);
});
afterEach(async () => {
  await server.kill();
  await rm(folder, { recursive: true });
});

/** A token of this life, as an issuer signs it. */
function token(lifeS: number, key = KEY): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    sub: 'ann',
    aud: 'plant',
    exp: Math.floor(Date.now() / 1000) + lifeS,
    aimdb: { subscribe: ['room/#'], write: ['room/#'] },
  };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

/** A tab whose tokens the story gives; counts its sockets. */
async function open(give: () => string | Promise<string>) {
  const page = await tabs.openBare();
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await page.exposeFunction('getToken', give);
  await page.evaluate((url) => {
    const db = new aimdb.WasmDb();
    for (const key of ['room.1', 'office.secret']) {
      db.configureRecord(key, { schemaType: 'setpoint', buffer: 'SingleLatest', offline: 'queue' });
    }
    const bridge = aimdb.WsBridge.connect(db, url, {
      subscribeTopics: ['room/#'],
      backoffMinMs: 50,
      backoffMaxMs: 200,
      token: () => getToken(),
    });
    globalThis.session = { db, bridge, states: [], settled: [], errors: [] };
    const { states, settled, errors } = globalThis.session;
    bridge.onStatusChange((status) => states.push(status));
    bridge.onWriteSettled((write) => settled.push(write));
    bridge.onError((error) => errors.push(`${error.code}: ${error.message}`));
  }, server.socket);
  return { page, sockets };
}

const status = (page: Page) => page.evaluate(() => session.bridge.status());
const states = (page: Page) => page.evaluate(() => session.states);
const settled = (page: Page) => page.evaluate(() => session.settled.map(({ outcome }) => outcome));
const pending = (page: Page) => page.evaluate(() => session.bridge.pendingWrites);
const write = (page: Page, celsius: number) =>
  page.evaluate((celsius) => session.db.set('room.1', { celsius, timestamp: Date.now() }), celsius);
const LONG = { timeout: 20_000 };

test('a token is renewed in the open socket, again and again', async () => {
  let asked = 0;
  const { page, sockets } = await open(() => {
    asked += 1;
    return token(3);
  });
  await expect.poll(() => asked, LONG).toBeGreaterThan(3);
  await write(page, 22);
  await expect.poll(() => settled(page)).toEqual(['acknowledged']);
  expect(await states(page)).toEqual(['connecting', 'connected']);
  expect(sockets).toEqual([server.socket]);
  expect(await page.evaluate(() => session.errors)).toEqual([]);
});

test('without another token the page says so, keeps what is written, and goes on in the same socket', async () => {
  let release: ((token: string) => void) | undefined;
  let isFirst = true;
  const { page, sockets } = await open(() => {
    if (isFirst) {
      isFirst = false;
      return token(2);
    }
    return new Promise((resolve) => {
      release = resolve;
    });
  });
  await expect.poll(() => status(page)).toBe('connected');
  await expect.poll(() => status(page), LONG).toBe('needs-auth');
  await write(page, 23);
  await write(page, 24);
  expect(await pending(page)).toBeGreaterThan(0);
  expect(await settled(page)).toEqual([]);
  release?.(token(600));
  await expect.poll(() => pending(page)).toBe(0);
  expect(await settled(page)).toEqual(['acknowledged', 'acknowledged']);
  expect(await states(page)).toEqual(['connecting', 'connected', 'needs-auth', 'connected']);
  expect(sockets).toEqual([server.socket]);
});

test('a token that the server refuses is asked for anew until one is good, and nothing is lost', async () => {
  let key = 'another-key-of-more-than-32-bytes!';
  let asked = 0;
  const { page, sockets } = await open(() => {
    asked += 1;
    return token(600, key);
  });
  await expect.poll(() => status(page)).toBe('needs-auth');
  await write(page, 25);
  await expect.poll(() => asked).toBeGreaterThan(3);
  expect(await pending(page)).toBe(1);
  // The reason came with the close; no token stands anywhere.
  const errors = await page.evaluate(() => session.errors);
  expect(errors).toEqual([expect.stringMatching(/^CLOSED_BY_SERVER: .*4401.*token_signature$/)]);
  key = KEY;
  await expect.poll(() => settled(page)).toEqual(['acknowledged']);
  expect(new Set(sockets)).toEqual(new Set([server.socket]));
  const topics = await page.evaluate(() => session.bridge.listTopics());
  expect(topics.map(({ name }) => name)).toEqual(['room/1']);
});
