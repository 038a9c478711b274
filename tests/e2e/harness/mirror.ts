/** A tab that mirrors the setpoint through the bare page, and what a story asks it. */
import type { RecordOptions, SettledWrite } from '@aimdb/wasm';
import type { Page } from 'playwright-core';
import type { Tabs } from './chromium.js';
import type { Server } from './server.js';

export const SETPOINT = 'commands.setpoint.room1';

/** One call of a subscriber, as the page noted it. */
export interface Delivery {
  celsius: number;
  origin: string;
}

interface InPage {
  db: import('@aimdb/wasm').WasmDb;
  bridge: import('@aimdb/wasm').WsBridge;
  deliveries: Delivery[];
  settled: SettledWrite[];
}

declare global {
  var mirror: InPage;
}

export class Mirror {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens a tab, connects it, and waits until it is connected. */
  static async open(
    tabs: Tabs,
    server: Server,
    options: Partial<RecordOptions> = {},
  ): Promise<Mirror> {
    const page = await tabs.openBare();
    await page.evaluate(
      ([url, key, extra]) => {
        const db = new aimdb.WasmDb();
        db.configureRecord(key, { schemaType: 'setpoint', buffer: 'SingleLatest', ...extra });
        const bridge = aimdb.WsBridge.connect(db, url, {
          subscribeTopics: ['commands/#'],
          backoffMinMs: 50,
          backoffMaxMs: 200,
        });
        globalThis.mirror = { db, bridge, deliveries: [], settled: [] };
        const { deliveries, settled } = globalThis.mirror;
        db.subscribe(key, (value, { origin }) => {
          deliveries.push({ celsius: (value as { celsius: number }).celsius, origin });
        });
        bridge.onWriteSettled((write) => settled.push(write));
      },
      [server.socket, SETPOINT, options] as const,
    );
    const mirror = new Mirror(page);
    await mirror.until('connected');
    return mirror;
  }

  /** Waits for a status of the bridge. */
  async until(status: string): Promise<void> {
    await this.page.waitForFunction((wanted) => mirror.bridge.status() === wanted, status);
  }

  async untilNotConnected(): Promise<void> {
    await this.page.waitForFunction(() => mirror.bridge.status() !== 'connected');
  }

  /** Writes values one after the other within one turn; what `set` threw comes back as codes. */
  async write(...values: readonly number[]): Promise<string[]> {
    return await this.page.evaluate(
      ([key, numbers]) =>
        numbers.flatMap((celsius) => {
          try {
            mirror.db.set(key, { celsius, timestamp: Date.now() });
            return [];
          } catch (error) {
            return [(error as { code: string }).code];
          }
        }),
      [SETPOINT, values] as const,
    );
  }

  /** The record's value, or null. */
  async value(): Promise<number | null> {
    return await this.page.evaluate(
      (key) => (mirror.db.get(key) as { celsius: number } | null)?.celsius ?? null,
      SETPOINT,
    );
  }

  async untilValue(celsius: number | null): Promise<void> {
    await this.page.waitForFunction(
      ([key, wanted]) =>
        ((mirror.db.get(key) as { celsius: number } | null)?.celsius ?? null) === wanted,
      [SETPOINT, celsius] as const,
    );
  }

  /** What became of the writes, in order, once there are so many reports. */
  async settled(count: number): Promise<SettledWrite[]> {
    await this.page.waitForFunction((wanted) => mirror.settled.length >= wanted, count);
    return await this.page.evaluate(() => mirror.settled);
  }

  async deliveries(): Promise<Delivery[]> {
    return await this.page.evaluate(() => mirror.deliveries);
  }

  async pending(): Promise<number> {
    return await this.page.evaluate(() => mirror.bridge.pendingWrites);
  }
}
