/** The engines run here, and the page gets what they say. */
import init, { WasmDb, WsBridge } from '@aimdb/wasm';
import loadStores, { createStore } from '@aimdb/wasm/store';

const KEY = 'sensors.temperature.vienna';

self.onmessage = async ({ data: server }) => {
  await Promise.all([init(), loadStores()]);
  const store = createStore({ room: { celsius: null }, mean: null });
  store.register({ computations: [['AVG', 'mean', 'room.celsius']] });
  const db = new WasmDb();
  db.configureRecord(KEY, { schemaType: 'temperature', buffer: 'SingleLatest' });
  WsBridge.connect(db, server, { subscribeTopics: ['sensors/#'] });
  db.subscribe(KEY, ({ celsius }) => {
    self.postMessage({ id: 'value', text: celsius });
    store.set('room.celsius', celsius);
  });
  store.subscribe('mean', (mean) => self.postMessage({ id: 'mean', text: mean }));
};
