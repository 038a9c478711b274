/** The engine in a worker. */
import { expect, test } from 'vitest';

test('records, subscribers and refusals work in a worker', async () => {
  const worker = new Worker(new URL('./support/worker.ts', import.meta.url), { type: 'module' });
  const told = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  worker.terminate();
  expect(told).toEqual({ heard: [21.5], refused: 'CONTRACT_VIOLATION', before: 'NOT_INITIALISED' });
});
