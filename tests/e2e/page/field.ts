/** A page as a field app has it: records, a server, and a device that keeps what is written. */
import init, * as aimdb from '@aimdb/wasm';
import { type DeviceStorage, openStorage } from '@aimdb/wasm/storage';

export interface Field {
  readonly db: aimdb.WasmDb;
  readonly bridge: aimdb.WsBridge;
  readonly storage: DeviceStorage;
  readonly settled: aimdb.SettledWrite[];
  readonly stored: number[];
  /** Whether this tab is the one that sends. */
  leads(): boolean;
  readonly device: { readonly client: string; readonly epoch: number };
}

let isSender = false;

/** The same storage, which notes whether this tab sends. */
function noting(given: aimdb.WriteStorage): aimdb.WriteStorage {
  const { shared } = given;
  if (!shared) return given;
  const join = shared.join.bind(shared);
  shared.join = (tab) =>
    join({
      ...tab,
      lead: (epoch) => {
        isSender = epoch > 0;
        tab.lead(epoch);
      },
    });
  return given;
}

const address = new URLSearchParams(location.search).get('server') ?? '';
const [storage] = await Promise.all([openStorage(), init()]);
const db = new aimdb.WasmDb();
db.configureRecord('log', { schemaType: 'humidity', buffer: { type: 'SpmcRing', capacity: 500 } });
const latest = { schemaType: 'humidity', buffer: 'SingleLatest' } as const;
db.configureRecord('room', latest);
db.configureRecord('dial', { ...latest, conflict: 'ifUnchanged' });
db.configureRecord('chain', { ...latest, conflict: 'ifUnchanged', offline: 'queue' });
db.configureRecord('clock', { ...latest, conflict: { ifNewer: 'timestamp' } });
const writes = noting(await storage.forWrites());
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
const field: Field = {
  db,
  bridge,
  storage,
  settled,
  stored,
  device: { client, epoch },
  leads: () => isSender,
};
Object.assign(globalThis, { field });
document.title = 'ready';
