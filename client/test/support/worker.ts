/** What the worker test runs in the worker. */
import init, { type AimDbError, WasmDb } from '@aimdb/wasm';

function code(action: () => unknown): string {
  try {
    action();
    return 'none';
  } catch (error) {
    return (error as AimDbError).code;
  }
}

const before = code(() => new WasmDb());
await init();
const db = new WasmDb();
db.configureRecord('room', { schemaType: 'temperature', buffer: 'SingleLatest' });
const heard: number[] = [];
db.subscribe('room', (value) => {
  heard.push((value as { celsius: number }).celsius);
  const refused = code(() => db.set('room', { celsius: 'x' }));
  postMessage({ heard, refused, before });
});
db.set('room', { celsius: 21.5, timestamp: 1 });
