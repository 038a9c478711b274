/** A server as a field app has it, with a folder of its own, and what stories ask of the page `field.html`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { inject } from 'vitest';
import type { Field } from '../page/field.js';
import { Server } from './server.js';

declare global {
  /** Put there by the page `field.html`. */
  var field: Field;
}

const record = (key: string, buffer: string) =>
  `[[records]]\nkey = "${key}"\nschema = "humidity"\nwritable = true\nbuffer = ${buffer}\n`;

/** A ring `log` of which everything is kept, and records of the newest value. */
export class FieldServer {
  readonly #folder: string;
  readonly server: Server;

  private constructor(folder: string, server: Server) {
    this.#folder = folder;
    this.server = server;
  }

  /** `head` stands before the records of its configuration. */
  static async start(latest: readonly string[] = ['room'], head = ''): Promise<FieldServer> {
    const folder = mkdtempSync(join(tmpdir(), 'aimdb-field-'));
    const log = `${record('log', '{ type = "SpmcRing", capacity = 500 }')}history = { values = 100000 }\n`;
    const others = latest.map((key) => record(key, '"SingleLatest"')).join('');
    const config = join(folder, 'server.toml');
    writeFileSync(config, `data = "data"\n${head}${log}${others}`);
    return new FieldServer(folder, await Server.configured(config));
  }

  /** Kills the server, and starts it again with nothing of what it had. */
  async beginAnew(): Promise<void> {
    await this.server.kill();
    rmSync(join(this.#folder, 'data'), { recursive: true });
    await this.server.comeBack();
  }

  async remove(): Promise<void> {
    await this.server.kill();
    rmSync(this.#folder, { recursive: true });
  }
}

/** The page, with a server at the other end of this socket. */
export const fieldPage = (socket: string, page = inject('apiPage')) =>
  `${page}field.html?server=${encodeURIComponent(socket)}`;

/** Writes numbers into the ring. */
export const write = (page: Page, from: number, count: number) =>
  page.evaluate(
    (first, many) => {
      for (let n = first; n < first + many; n++) {
        field.db.set('log', { percent: n % 100, timestamp: n });
      }
    },
    from,
    count,
  );

/** The numbers that the page shows. */
export const shown = (page: Page) =>
  page.evaluate(() =>
    field.db.history('log').map((value) => (value as { timestamp: number }).timestamp),
  );

/** The numbers that the server has, in its order. */
export const there = (page: Page) =>
  page.evaluate(async () => {
    const { records } = await field.bridge.query('log');
    return records.map(({ payload }) => (payload as { timestamp: number }).timestamp);
  });

/** Waits by the clock: a tab behind another draws no frames. */
export const until = (page: Page, holds: () => boolean) =>
  page.waitForFunction(holds, { polling: 20, timeout: 40_000 });

export const isQuiet = (page: Page) =>
  until(page, () => field.bridge.status() === 'connected' && field.bridge.pendingWrites === 0);

export const sorted = (numbers: readonly number[]) => numbers.toSorted((one, next) => one - next);
export const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
