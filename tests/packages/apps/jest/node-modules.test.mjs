import init, { WasmDb, WsBridge } from '@aimdb/wasm';
import { test } from '@jest/globals';
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
  await new Promise((resolve) => {
    db.subscribe('sensors.temperature.vienna', ({ celsius }) => {
      seen.add(celsius);
      if (seen.size === 3) resolve();
    });
  });
  bridge.disconnect();
  db.free();
}, 40_000);
