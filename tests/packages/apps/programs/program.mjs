/** Prints three different values and ends, which a program can do only once nothing is left open. */
import init, { WasmDb, WsBridge } from '@aimdb/wasm';
import loadStores, { createStore } from '@aimdb/wasm/store';

const WebSocket = globalThis.WebSocket ?? (await import('ws')).WebSocket;
const KEY = 'sensors.temperature.vienna';

await Promise.all([init(), loadStores()]);
const store = createStore({ room: { celsius: null }, mean: null });
store.register({ computations: [['AVG', 'mean', 'room.celsius']] });
const db = new WasmDb();
db.configureRecord(KEY, { schemaType: 'temperature', buffer: 'SingleLatest' });
const bridge = WsBridge.connect(db, process.env.AIMDB_SERVER_URL, {
  subscribeTopics: ['sensors/#'],
  WebSocket,
});
const seen = new Set();
store.subscribe('mean', (mean) => {
  seen.add(mean);
  if (seen.size < 3) return;
  console.log(`seen: ${[...seen].join(' ')}`);
  bridge.disconnect();
  db.free();
});
db.subscribe(KEY, ({ celsius }) => store.set('room.celsius', celsius));
