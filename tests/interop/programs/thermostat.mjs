/**
 * A small program as a user of the published client would have it: looks what there is, follows the
 * setpoint, writes a new one and ends. `#aimdb` is the published package or ours (package.json);
 * nothing else in it knows which.
 */
import init, { WasmDb } from '#aimdb';

const SETPOINT = 'commands/setpoint/room1';
const url = String(process.argv[2]);

await init();
/** @type {{ name: string }[]} */
const topics = await WasmDb.discover(url);
for (const { name } of topics) console.log('topic', name);

const db = new WasmDb();
db.configureRecord(SETPOINT, { schemaType: 'temperature', buffer: 'SingleLatest' });
await db.build();

let sent = false;
const unsubscribe = db.subscribe(SETPOINT, (/** @type {unknown} */ value) => {
  const { celsius } = /** @type {{ celsius: number }} */ (value);
  console.log('setpoint', celsius);
  if (celsius === 23.5) end();
  if (!sent) bridge.write(SETPOINT, { schema_version: 2, celsius: 23.5, timestamp: Date.now() });
  sent = true;
});

const bridge = db.connectBridge(url, {
  subscribeTopics: ['commands/#'],
  autoReconnect: true,
  lateJoin: true,
});
bridge.onStatusChange((/** @type {string} */ status) => {
  if (status === 'connected') console.log(status);
});

function end() {
  try {
    db.set(SETPOINT, { celsius: 'warm', timestamp: 1 });
  } catch {
    console.log('a temperature of "warm" is refused');
  }
  const now = /** @type {{ celsius: number }} */ (db.get(SETPOINT));
  console.log('the record holds', now.celsius);
  unsubscribe();
  bridge.disconnect();
  // The published `discover` leaves a timer of half a minute behind.
  process.exit();
}
