import init, { WasmDb, WsBridge } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';

test('three values come', async () => {
  await init();
  const db = new WasmDb();
  db.configureRecord('sensors.temperature.vienna', {
    schemaType: 'temperature',
    buffer: 'SingleLatest',
  });
  const bridge = WsBridge.connect(db, process.env.AIMDB_SERVER_URL, {
    subscribeTopics: ['sensors/#'],
    WebSocket,
  });
  const seen = new Set();
  db.subscribe('sensors.temperature.vienna', ({ celsius }) => seen.add(celsius));
  await expect.poll(() => seen.size, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
  bridge.disconnect();
  db.free();
}, 40_000);
