/** Versions of a contract on both sides of the wire, and records adopted from a server that nobody knows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storyTabs } from '../harness/chromium.js';
import { Server } from '../harness/server.js';

const tabs = storyTabs();
let folder: string;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aimdb-versions-'));
});
afterEach(async () => {
  await server?.kill();
  rmSync(folder, { recursive: true });
});

/** A pump reported `pressure` in bar before it reported `kpa`. */
const FIRST = { name: 'pump', version: 1, fields: [{ name: 'pressure', kind: 'f64', min: 0 }] };
const SECOND = {
  name: 'pump',
  version: 2,
  fields: [{ name: 'kpa', kind: 'f64', min: 0 }],
  migrations: [
    {
      from: 1,
      up: [{ rename: ['pressure', 'kpa'] }, { scale: { field: 'kpa', factor: 100 } }],
      down: [{ scale: { field: 'kpa', factor: 0.01 } }, { rename: ['kpa', 'pressure'] }],
    },
  ],
};

const RECORDS = `
[[records]]
key = "plant.hall.pump"
schema = "pump"
writable = true
`;

async function serving(contract: object, records = RECORDS): Promise<Server> {
  writeFileSync(join(folder, 'pump.json'), JSON.stringify(contract));
  const config = join(folder, 'server.toml');
  writeFileSync(config, `[[contracts]]\nfile = "pump.json"\n${records}`);
  server = await Server.configured(config);
  return server;
}

/** A tab that holds a contract, and reads and writes the pump with it. */
async function pumpTab(url: string, contract: object) {
  const page = await tabs.openBare();
  await page.evaluate(
    ([address, file]) => {
      const db = new aimdb.WasmDb();
      db.registerContract(JSON.parse(file));
      db.configureRecord('plant.hall.pump', { schemaType: 'pump', buffer: 'SingleLatest' });
      const bridge = aimdb.WsBridge.connect(db, address, { subscribeTopics: ['plant/#'] });
      globalThis.mirror = { db, bridge, deliveries: [], settled: [] };
      bridge.onWriteSettled((write) => mirror.settled.push(write));
    },
    [url, JSON.stringify(contract)] as const,
  );
  await page.waitForFunction(() => mirror.bridge.status() === 'connected');
  // The server's answer to a question comes after its hello, which tells the versions it holds.
  await page.evaluate(() => mirror.bridge.listTopics());
  return {
    write: (value: object) => page.evaluate((set) => mirror.db.set('plant.hall.pump', set), value),
    settled: async () => {
      await page.waitForFunction(() => mirror.settled.length > 0);
      return await page.evaluate(() => mirror.settled.splice(0));
    },
    until: (field: string, number: number) =>
      page.waitForFunction(
        ([name, wanted]) => {
          const value = mirror.db.get('plant.hall.pump') as Record<string, number> | null;
          return Math.abs((value?.[name] ?? Number.NaN) - wanted) < 1e-9;
        },
        [field, number] as const,
      ),
  };
}

test.for([
  ['older', SECOND],
  ['newer', FIRST],
] as const)(
  'tabs of both versions read and write where one is %s than the server',
  async ([, held]) => {
    const { socket } = await serving(held);
    const [old, young] = [await pumpTab(socket, FIRST), await pumpTab(socket, SECOND)];
    await old.write({ pressure: 2.5 });
    expect(await old.settled()).toMatchObject([{ outcome: 'acknowledged' }]);
    await young.until('kpa', 250);
    await young.write({ kpa: 300 });
    expect(await young.settled()).toMatchObject([{ outcome: 'acknowledged' }]);
    await old.until('pressure', 3);
  },
);

test('a dashboard of a server that it does not know adopts what is there, and what comes and goes', async () => {
  const template = `
[[records]]
key = "plant.*.state"
schema = "pump"
writable = true
records_max = 4
idle_s = 2
`;
  const { socket } = await serving(SECOND, RECORDS + template);
  const device = await pumpTab(socket, FIRST);
  await device.write({ pressure: 1 });
  await device.settled();

  const page = await tabs.openBare();
  await page.evaluate((url) => {
    const db = new aimdb.WasmDb();
    const bridge = aimdb.WsBridge.connect(db, url, { adopt: 'plant/#' });
    globalThis.mirror = { db, bridge, deliveries: [], settled: [] };
  }, socket);
  await page.waitForFunction(() => mirror.db.keys().includes('plant.hall.pump'));
  await page.waitForFunction(() => mirror.db.get('plant.hall.pump') !== null);
  const adopted = await page.evaluate(() => ({
    value: mirror.db.get('plant.hall.pump'),
    contract: mirror.db.schema('pump')?.version,
  }));
  expect(adopted).toEqual({ value: { kpa: 100 }, contract: 2 });

  await page.evaluate(() => mirror.bridge.write('plant/7/state', { kpa: 5 }));
  await page.waitForFunction(() => mirror.db.keys().includes('plant.7.state'));
  // A record of the application under the key of an adopted one that it has removed.
  await page.evaluate(() => mirror.bridge.write('plant/8/state', { kpa: 5 }));
  await page.waitForFunction(() => mirror.db.keys().includes('plant.8.state'));
  await page.evaluate(() => {
    mirror.db.removeRecord('plant.8.state');
    const own = { schemaType: 'json', buffer: 'SingleLatest', topic: 'mine/8' } as const;
    mirror.db.configureRecord('plant.8.state', own);
  });
  await page.waitForFunction(() => !mirror.db.keys().includes('plant.7.state'));
  const topics = async () =>
    (await page.evaluate(() => mirror.bridge.listTopics())).map(({ name }) => name);
  await expect.poll(topics, { timeout: 10_000 }).not.toContain('plant/8/state');
  expect(await page.evaluate(() => mirror.db.keys())).toEqual(['plant.hall.pump', 'plant.8.state']);
});
