/** A page as a field app has it: records, a server, and a device that keeps what is written. */
import init, * as aimdb from '@aimdb/wasm';
import { type DeviceStorage, openStorage } from '@aimdb/wasm/storage';

export interface Field {
  readonly db: aimdb.WasmDb;
  readonly bridge: aimdb.WsBridge;
  readonly storage: DeviceStorage;
  readonly settled: aimdb.SettledWrite[];
  readonly stored: number[];
  readonly device: { readonly client: string; readonly epoch: number };
}

const address = new URLSearchParams(location.search).get('server') ?? '';
const [storage] = await Promise.all([openStorage(), init()]);
const db = new aimdb.WasmDb();
db.configureRecord('log', { schemaType: 'humidity', buffer: { type: 'SpmcRing', capacity: 500 } });
db.configureRecord('room', { schemaType: 'humidity', buffer: 'SingleLatest' });
const writes = await storage.forWrites();
const bridge = aimdb.WsBridge.connect(db, address, {
  subscribeTopics: ['#'],
  backoffMinMs: 20,
  backoffMaxMs: 100,
  storage: writes,
});
const settled: aimdb.SettledWrite[] = [];
const stored: number[] = [];
bridge.onWriteSettled((write) => settled.push(write));
bridge.onWriteStored(({ write }) => stored.push(write));
bridge.onError(() => {});
const { client, epoch } = writes;
const field: Field = { db, bridge, storage, settled, stored, device: { client, epoch } };
Object.assign(globalThis, { field });
document.title = 'ready';
