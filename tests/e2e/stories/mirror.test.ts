/** Mirrored records below the dashboard: late join, echoes, refusals, offline policies, slow tabs. */
import type { RecordOptions } from '@aimdb/wasm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storyTabs } from '../harness/chromium.js';
import { Mirror, SETPOINT } from '../harness/mirror.js';
import { Server } from '../harness/server.js';

const tabs = storyTabs();
let server: Server;

beforeEach(async () => {
  server = await Server.start();
});
afterEach(() => server.kill());

const TEN = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19] as const;

test('a late joiner gets a snapshot of every topic that a wildcard matches', async () => {
  const page = await tabs.openBare();
  const found = await page.evaluate(async (url) => {
    const db = new aimdb.WasmDb();
    const schemas = {
      'sensors.temperature.vienna': 'temperature',
      'sensors.temperature.berlin': 'temperature',
      'sensors.humidity.vienna': 'humidity',
    };
    for (const [key, schemaType] of Object.entries(schemas)) {
      db.configureRecord(key, { schemaType, buffer: 'SingleLatest' });
    }
    const first = Object.keys(schemas).map(
      (key) => new Promise((resolve) => db.subscribe(key, () => resolve(key))),
    );
    const bridge = aimdb.WsBridge.connect(db, url, { subscribeTopics: ['sensors/#'] });
    const keys = await Promise.all(first);
    const topics = await bridge.listTopics();
    return { keys, topics: topics.map((topic) => topic.name).sort() };
  }, server.socket);
  expect(found.keys).toHaveLength(3);
  expect(found.topics).toEqual([
    'assets/gps/van1',
    'commands/setpoint/room1',
    'field/boiler/measure',
    'field/boiler/setpoint',
    'field/commands',
    'field/photos',
    'field/pump/measure',
    'field/pump/setpoint',
    'field/readings',
    'field/tank/level',
    'field/tank/valve',
    'hosts/local/cpu',
    'hosts/local/disk',
    'hosts/local/memory',
    'hosts/local/network',
    'sensors/humidity/vienna',
    'sensors/temperature/berlin',
    'sensors/temperature/room1',
    'sensors/temperature/vienna',
  ]);
});

test('a write comes back to its writer once, and reaches another tab once', async () => {
  const [writer, reader] = [await Mirror.open(tabs, server), await Mirror.open(tabs, server)];
  // The server begins with 21.
  for (const tab of [writer, reader]) await tab.untilValue(21);
  await writer.write(23);
  expect(await writer.settled(1)).toMatchObject([{ outcome: 'acknowledged' }]);
  await reader.untilValue(23);
  await writer.write(24);
  await writer.settled(2);
  await reader.untilValue(24);
  const begun = { celsius: 21, origin: 'remote' };
  expect(await writer.deliveries()).toEqual([
    begun,
    { celsius: 23, origin: 'local' },
    { celsius: 24, origin: 'local' },
  ]);
  expect(await reader.deliveries()).toEqual([
    begun,
    { celsius: 23, origin: 'remote' },
    { celsius: 24, origin: 'remote' },
  ]);
});

test('a write that only the server refuses rolls back and says why', async () => {
  // This tab's own contract lets 150 degrees pass; the server's does not.
  const tab = await Mirror.open(tabs, server, { schemaType: 'temperature' });
  await tab.write(21);
  await tab.settled(1);
  await tab.write(150);
  const [, refused] = await tab.settled(2);
  expect(refused).toMatchObject({ outcome: 'refused', topic: 'commands/setpoint/room1' });
  expect(refused?.message).toMatch(/celsius/);
  await tab.untilValue(21);
});

test('a write to a topic that takes none is answered with a reason', async () => {
  const tab = await Mirror.open(tabs, server);
  await tab.page.evaluate(() => mirror.bridge.write('commands/unknown', { celsius: 1 }));
  const [refused] = await tab.settled(1);
  expect(refused).toMatchObject({ outcome: 'refused', topic: 'commands/unknown' });
  expect(refused?.message).toBeTruthy();
});

/** Opens a tab with an offline policy, takes the server away, and writes ten values. */
async function writeTenOffline(offline: NonNullable<RecordOptions['offline']>): Promise<Mirror> {
  const tab = await Mirror.open(tabs, server, { offline });
  await tab.write(5);
  await tab.settled(1);
  await server.kill();
  await tab.untilNotConnected();
  await tab.write(...TEN);
  return tab;
}

async function outcomes(tab: Mirror, count: number): Promise<string[]> {
  const all = await tab.settled(count + 1);
  return all.slice(1).map((write) => write.outcome);
}

test('policy queue: ten offline writes are all delivered after the return', async () => {
  const tab = await writeTenOffline('queue');
  expect(await tab.pending()).toBe(10);
  expect(await tab.value()).toBe(19);
  await server.comeBack();
  expect(await outcomes(tab, 10)).toEqual(TEN.map(() => 'acknowledged'));
  expect(await tab.pending()).toBe(0);
  const later = await Mirror.open(tabs, server);
  await later.untilValue(19);
});

test('policy latest: the newest of ten offline writes is delivered, nine are reported dropped', async () => {
  const tab = await writeTenOffline('latest');
  expect(await tab.pending()).toBe(1);
  await server.comeBack();
  const ended = await outcomes(tab, 10);
  expect(ended.filter((outcome) => outcome === 'dropped')).toHaveLength(9);
  expect(ended.at(-1)).toBe('acknowledged');
  const later = await Mirror.open(tabs, server);
  await later.untilValue(19);
});

test('policy reject: ten offline writes are refused at once and the record goes back', async () => {
  const tab = await writeTenOffline('reject');
  expect(await outcomes(tab, 10)).toEqual(TEN.map(() => 'dropped'));
  expect(await tab.pending()).toBe(0);
  await tab.untilValue(5);
  await server.comeBack();
  await tab.until('connected');
  await tab.write(20);
  const later = await Mirror.open(tabs, server);
  await later.untilValue(20);
});

test('policy expire: ten offline writes that are too old are dropped with a report', async () => {
  const tab = await writeTenOffline({ expireMs: 100 });
  expect(await outcomes(tab, 10)).toEqual(TEN.map(() => 'dropped'));
  const [, ...dropped] = await tab.settled(11);
  expect(new Set(dropped.map((write) => write.reason))).toEqual(new Set(['expired']));
  expect(await tab.pending()).toBe(0);
});

test('a slow tab ends with the newest value', async () => {
  const [writer, slow] = [await Mirror.open(tabs, server), await Mirror.open(tabs, server)];
  const busy = slow.page.evaluate(() => {
    const end = performance.now() + 3000;
    while (performance.now() < end);
  });
  for (let round = 0; round < 40; round += 1) await writer.write(round / 2, round / 2 + 0.25);
  await writer.write(33);
  await writer.settled(81);
  await busy;
  await slow.untilValue(33);
  await slow.until('connected');
});

test('two tabs that write at the same time agree', async () => {
  const [left, right] = [await Mirror.open(tabs, server), await Mirror.open(tabs, server)];
  await Promise.all([left.write(...TEN), right.write(...TEN.map((celsius) => celsius + 10))]);
  await Promise.all([left.settled(10), right.settled(10)]);
  const third = await Mirror.open(tabs, server);
  await third.page.waitForFunction((key) => mirror.db.get(key) !== null, SETPOINT);
  const agreed = await third.value();
  await left.untilValue(agreed);
  await right.untilValue(agreed);
});
