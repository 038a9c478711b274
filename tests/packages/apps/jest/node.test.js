const init = require('@aimdb/wasm');
const { WebSocket } = require('ws');

test('three values come', async () => {
  await init.default();
  const db = new init.WasmDb();
  db.configureRecord('sensors.temperature.vienna', {
    schemaType: 'temperature',
    buffer: 'SingleLatest',
  });
  const bridge = init.WsBridge.connect(db, process.env.AIMDB_SERVER_URL, {
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
}, 30_000);
