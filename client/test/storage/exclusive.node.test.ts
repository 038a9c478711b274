/** The outbox as a bridge wants it where no other tab can be told of anything: one writes, and the next takes over. */
import type { SettledWrite, StorageChange } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import { opened } from './support/storages.js';

test('who took over is the only one whose writes are kept', async () => {
  const { storage } = await opened();
  const stored = (write: number) => ({
    put: { write, topic: 't', payload: '1', offline: -2, handedOver: false },
  });
  const settled: SettledWrite = { write: 2, topic: 't', outcome: 'acknowledged' };
  const first = await storage.forWrites();
  expect(first.shared).toBe(undefined);
  expect([first.nextWrite, first.writes]).toEqual([1, []]);
  await first.keep([stored(1), stored(2)]);
  await first.keep([{ put: { ...stored(1).put, handedOver: true } }, { remove: 2, settled }]);
  const second = await storage.forWrites();
  expect(second.epoch).toBe(first.epoch + 1);
  expect(second.client).toBe(first.client);
  expect(second.nextWrite).toBe(3);
  expect(second.writes).toEqual([{ ...stored(1).put, handedOver: true }]);
  // The other one's come too late, removals too: it is not its write any more.
  const late: StorageChange[][] = [[stored(3)], [{ remove: 1, settled }]];
  for (const changes of late) {
    const error = await Promise.resolve(first.keep(changes)).catch((error) => error);
    expect(error.code).toBe('STORAGE_TAKEN_OVER');
  }
  await second.keep([stored(3)]);
  expect((await storage.outbox()).map(({ id }) => id)).toEqual([1, 3]);
});
