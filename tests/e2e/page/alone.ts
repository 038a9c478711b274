/** A page in one file of plain script, which may be opened from anywhere: the engine is in it, and it asks for nothing but the socket. */
import init from '@aimdb/wasm/inline';
import { type AimDbError, engineInfo, WasmDb, WsBridge } from '@aimdb/wasm';

const server = new URLSearchParams(location.search).get('server') as string;

async function show(): Promise<string> {
  await init();
  const errors: string[] = [];
  const said: (error: AimDbError) => void = ({ code, message }) =>
    errors.push(`${code}: ${message}`);
  const db = new WasmDb({ onError: said });
  db.configureRecord('room', { schemaType: 'temperature', buffer: 'SingleLatest' });
  db.set('room', { celsius: 21.5, timestamp: 1 });
  const bridge = WsBridge.connect(db, server, { subscribeTopics: ['plant/#'] });
  await new Promise<void>((resolve) => {
    bridge.onStatusChange((status) => (status === 'connected' || errors.length > 0) && resolve());
  });
  const { celsius } = db.get('room') as { celsius: number };
  const { origin } = globalThis;
  return JSON.stringify({ origin, celsius, errors, status: bridge.status(), ...engineInfo() });
}

show().then(
  (words) => {
    document.title = words;
  },
  (error: Error) => {
    document.title = `failed: ${error.message}`;
  },
);
