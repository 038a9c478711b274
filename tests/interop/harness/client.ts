/** A tab of the published client: a database, its bridge, and what its subscribers were given. */
import init, { WasmDb, type WsBridge } from '@aimdb/aimdb-wasm-adapter';
import { afterEach, expect } from 'vitest';

/** A value of any of the built-in contracts, as the published client hands it out. */
export interface Value {
  readonly timestamp: number;
  readonly celsius?: number;
  readonly percent?: number;
  readonly latitude?: number;
}

/** A topic as the published client reports it. */
export interface Topic {
  readonly name: string;
  readonly schema_type?: string;
}

const open: Client[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.bridge.disconnect();
});

export class Client {
  readonly db: WasmDb;
  readonly bridge: WsBridge;
  /** What subscribers got, by key, oldest first. */
  readonly got = new Map<string, Value[]>();

  private constructor(db: WasmDb, bridge: WsBridge) {
    this.db = db;
    this.bridge = bridge;
  }

  /** Connects with one record per topic; its keys are the topics. */
  static async connect(
    url: string,
    schemaByTopic: Readonly<Record<string, string>>,
    subscribeTopics: readonly string[],
  ): Promise<Client> {
    await init();
    const db = new WasmDb();
    for (const [topic, schemaType] of Object.entries(schemaByTopic)) {
      db.configureRecord(topic, { schemaType, buffer: 'SingleLatest' });
    }
    await db.build();
    const got = new Map(Object.keys(schemaByTopic).map((topic) => [topic, [] as Value[]]));
    for (const [topic, values] of got) {
      db.subscribe(topic, (value: Value) => values.push(value));
    }
    const bridge = db.connectBridge(url, { subscribeTopics, autoReconnect: true, lateJoin: true });
    const client = new Client(db, bridge);
    for (const [topic, values] of got) client.got.set(topic, values);
    open.push(client);
    await client.until('connected');
    return client;
  }

  static async discover(url: string): Promise<Topic[]> {
    await init();
    return await WasmDb.discover(url);
  }

  async until(status: string): Promise<void> {
    await expect.poll(() => this.bridge.status(), { timeout: 30_000 }).toBe(status);
  }

  async untilNotConnected(): Promise<void> {
    await expect.poll(() => this.bridge.status(), { timeout: 30_000 }).not.toBe('connected');
  }

  values(topic: string): readonly Value[] {
    return this.got.get(topic) ?? [];
  }

  async untilValues(topic: string, count: number): Promise<readonly Value[]> {
    await expect
      .poll(() => this.values(topic).length, { timeout: 30_000 })
      .toBeGreaterThanOrEqual(count);
    return this.values(topic);
  }

  celsius(topic: string): (number | undefined)[] {
    return this.values(topic).map((value) => value.celsius);
  }

  async untilCelsius(topic: string, celsius: number): Promise<void> {
    await expect.poll(() => this.celsius(topic).at(-1), { timeout: 30_000 }).toBe(celsius);
  }

  write(topic: string, celsius: number): void {
    this.bridge.write(topic, { schema_version: 2, celsius, timestamp: Date.now() });
  }

  /** Waits until the server has answered everything sent so far: it answers one client in order. */
  async settle(): Promise<void> {
    await this.bridge.listTopics();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
