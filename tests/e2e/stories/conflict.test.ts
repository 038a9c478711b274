/** A setpoint that is changed without a network while somebody else changes it: who loses hears so, with what won. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server as Listener, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { WebSocket } from 'ws';
import { Profile } from '../harness/profile.js';
import { Server } from '../harness/server.js';
import type { Field } from '../page/field.js';

declare global {
  /** Put there by the page `field.html`. */
  var field: Field;
}

/** A line to the server that can be cut. */
class Line {
  #listener: Listener;
  #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(serverPort: number) {
    this.#listener = createServer((socket) => {
      if (this.#isCut) return void socket.destroy();
      const onward = connect(serverPort, '127.0.0.1');
      for (const [end, other] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        this.#sockets.add(end);
        end.on('error', () => other.destroy());
        end.on('close', () => other.destroy());
        end.pipe(other);
      }
    });
  }

  static async to(server: Server): Promise<Line> {
    const line = new Line(Number(new URL(server.page).port));
    await new Promise<void>((resolve) => line.#listener.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get socket(): string {
    const { port } = this.#listener.address() as { port: number };
    return `ws://127.0.0.1:${port}/ws`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#listener.close();
  }
}

/** Somebody else: writes a topic, and waits until the server has it. */
async function writeElsewhere(server: Server, topic: string, payload: object): Promise<void> {
  const socket = new WebSocket(server.socket);
  const heard = (wanted: string) =>
    new Promise<void>((resolve) =>
      socket.on('message', (text) => {
        if (JSON.parse(String(text)).type === wanted) resolve();
      }),
    );
  await once(socket, 'open');
  const greeted = heard('pong');
  const hello = { v: 6, client: `other-${Math.random().toString(36).slice(2)}` };
  socket.send(JSON.stringify({ type: 'ping', hello }));
  await greeted;
  const taken = heard('ack');
  socket.send(JSON.stringify({ type: 'write', topic, payload, id: 1, after: 0 }));
  await taken;
  socket.close();
}

let folder: string;
let server: Server;
let line: Line;
let profile: Profile;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aimdb-conflict-'));
  const record = (key: string) =>
    `[[records]]\nkey = "${key}"\nschema = "humidity"\nwritable = true\n`;
  const config = join(folder, 'server.toml');
  writeFileSync(config, `data = "data"\n${['dial', 'chain', 'clock'].map(record).join('')}`);
  server = await Server.configured(config);
  line = await Line.to(server);
  profile = await Profile.create('chrome');
});
afterEach(async () => {
  await profile.remove();
  line.close();
  await server.kill();
  rmSync(folder, { recursive: true });
});

const open = () =>
  profile.open(`${inject('apiPage')}field.html?server=${encodeURIComponent(line.socket)}`);

const set = (page: Page, key: string, ...percents: number[]) =>
  page.evaluate(
    (record, all) => {
      for (const percent of all) field.db.set(record, { percent, timestamp: Date.now() + percent });
    },
    key,
    percents,
  );

const isQuiet = (page: Page) =>
  page.waitForFunction(
    () => field.bridge.status() === 'connected' && field.bridge.pendingWrites === 0,
  );

const isOffline = (page: Page) => page.waitForFunction(() => field.bridge.status() !== 'connected');

const TAKEN = ['acknowledged', null, null];

/** How each write of a record ended, and what it lost against. */
const outcomes = (page: Page, key: string) =>
  page.evaluate(
    (record) =>
      field.settled
        .filter((write) => write.key === record)
        .map(({ outcome, reason, winner }) => [
          outcome,
          reason,
          (winner as { percent: number } | undefined)?.percent,
        ]),
    key,
  );

const shown = (page: Page, key: string) =>
  page.evaluate((record) => (field.db.get(record) as { percent: number } | null)?.percent, key);

test('an offline setpoint does not win over one that was set meanwhile, and the page shows that', async () => {
  const page = await open();
  await set(page, 'dial', 20);
  await isQuiet(page);
  line.cut();
  await isOffline(page);
  await set(page, 'dial', 10);
  await writeElsewhere(server, 'dial', { percent: 30, timestamp: 5 });
  expect(await shown(page, 'dial')).toBe(10);
  line.mend();
  await isQuiet(page);
  await page.waitForFunction(() => field.settled.length === 2);
  expect(await outcomes(page, 'dial')).toEqual([TAKEN, ['refused', 'superseded', 30]]);
  expect(await shown(page, 'dial')).toBe(30);
  // What is written over that is taken.
  await set(page, 'dial', 11);
  await isQuiet(page);
  expect((await outcomes(page, 'dial')).at(-1)).toEqual(TAKEN);
});

test('a chain of them is lost whole over a reload, and taken whole where nobody came between', async () => {
  const page = await open();
  await set(page, 'chain', 5);
  await set(page, 'dial', 5);
  await isQuiet(page);
  line.cut();
  await isOffline(page);
  await set(page, 'chain', 10, 12);
  await set(page, 'dial', 10, 12);
  await page.waitForFunction(() => field.stored.length >= 5);
  await page.reload();
  await page.waitForFunction(() => document.title === 'ready');
  expect([await shown(page, 'chain'), await shown(page, 'dial')]).toEqual([12, 12]);
  await set(page, 'chain', 15);
  await set(page, 'dial', 15);
  await writeElsewhere(server, 'chain', { percent: 30, timestamp: 5 });
  line.mend();
  await isQuiet(page);
  const lost = ['refused', 'superseded', 30];
  await page.waitForFunction(() => field.settled.filter(({ key }) => key === 'chain').length === 3);
  expect(await outcomes(page, 'chain')).toEqual([lost, lost, lost]);
  expect(await shown(page, 'chain')).toBe(30);
  // Of the other record the newest alone was sent, over what the first was over.
  expect((await outcomes(page, 'dial')).at(-1)).toEqual(TAKEN);
  expect(await shown(page, 'dial')).toBe(15);
});

test('of two times the later one stays, whichever comes first', async () => {
  const page = await open();
  await isQuiet(page);
  line.cut();
  await isOffline(page);
  await set(page, 'clock', 10);
  const later = Date.now() + 30_000;
  await writeElsewhere(server, 'clock', { percent: 30, timestamp: later });
  line.mend();
  await isQuiet(page);
  await page.waitForFunction(() => field.settled.length === 1);
  expect(await outcomes(page, 'clock')).toEqual([['refused', 'superseded', 30]]);
  expect(await shown(page, 'clock')).toBe(30);
  await page.evaluate((at) => field.db.set('clock', { percent: 40, timestamp: at }), later + 1);
  await isQuiet(page);
  expect((await outcomes(page, 'clock')).at(-1)).toEqual(TAKEN);
});
