/** Records alone, without React and without a store, and which engine runs. */
import init, { engineInfo, WasmDb, WsBridge } from '@aimdb/wasm';

const KEY = 'sensors.temperature.vienna';

function show(id, text) {
  const line =
    document.querySelector(`#${id}`) ?? document.body.appendChild(document.createElement('p'));
  line.id = id;
  line.textContent = text;
}

async function main() {
  await init();
  show('engine', engineInfo().kind);
  const db = new WasmDb();
  db.configureRecord(KEY, { schemaType: 'temperature', buffer: 'SingleLatest' });
  WsBridge.connect(db, new URLSearchParams(location.search).get('server'), {
    subscribeTopics: ['sensors/#'],
  });
  db.subscribe(KEY, ({ celsius }) => show('value', celsius));
}

main();
