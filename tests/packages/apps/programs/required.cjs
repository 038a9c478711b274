/** The same with `require`, and one engine whichever way it is asked for. */
const wasm = require('@aimdb/wasm');

async function main() {
  const WebSocket = globalThis.WebSocket ?? require('ws').WebSocket;
  await wasm.default();
  const imported = await import('@aimdb/wasm');
  if (imported.WasmDb !== wasm.WasmDb) throw new Error('there are two of the package');
  const db = new wasm.WasmDb();
  db.configureRecord('sensors.temperature.vienna', {
    schemaType: 'temperature',
    buffer: 'SingleLatest',
  });
  const bridge = wasm.WsBridge.connect(db, process.env.AIMDB_SERVER_URL, {
    subscribeTopics: ['sensors/#'],
    WebSocket,
  });
  const seen = new Set();
  db.subscribe('sensors.temperature.vienna', ({ celsius }) => {
    seen.add(celsius);
    if (seen.size < 3) return;
    console.log(`seen: ${[...seen].join(' ')}`);
    bridge.disconnect();
    db.free();
  });
}

main();
