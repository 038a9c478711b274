/** A page that writes three values through a server, and a worker that hears them: each says which engine it runs on. */
import { connected, type Heard, hear } from './engines-heard';

const server = new URLSearchParams(location.search).get('server') as string;
const worker = new Worker(new URL('./engines-worker.ts', import.meta.url), { type: 'module' });
const said: { page?: Heard; worker?: Heard } = {};

function show(): void {
  document.title = said.page && said.worker ? JSON.stringify(said) : 'loading';
}

worker.onerror = ({ message }) => {
  document.title = `the worker failed: ${message}`;
};
worker.onmessage = async ({ data }: MessageEvent<Heard | 'ready'>) => {
  if (data !== 'ready') {
    said.worker = data;
    return show();
  }
  const { db, bridge } = await connected(server);
  const heard = hear(db);
  for (const kpa of [1, 2.5, 1e-3]) {
    const receipt = db.set('plant.hall.pump', { kpa });
    await receipt.acknowledged;
  }
  said.page = await heard;
  bridge.disconnect();
  show();
};
worker.postMessage(server);
