/** The worker of `engines.ts`. */
import { connected, hear } from './engines-heard';

self.addEventListener('message', async ({ data: server }: MessageEvent<string>) => {
  const { db, bridge } = await connected(server);
  await bridge.listTopics();
  postMessage('ready');
  postMessage(await hear(db));
});
