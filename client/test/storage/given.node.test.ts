/** A tab that writes for days: what it remembers of its numbers does not grow, and none is too many. */
import type { StoredWrite } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import { Tabs } from '../../src/storage/tabs/tabs.js';

const write: StoredWrite = { write: 0, topic: 't', payload: '{}', offline: -2, handedOver: false };

test('after 200,000 writes the next one is kept as the first was, and nothing was looked at for it', async () => {
  let last = 0;
  let looks = 0;
  const store = {
    client: 'device',
    commit: async (operations: readonly unknown[]) => operations.map(() => ++last),
    takeOver: async () => ({ epoch: 1 }),
    after: async () => {
      looks += 1;
      return [];
    },
    letters: async () => [],
  };
  const channel = new BroadcastChannel('given');
  const tabs = new Tabs(store, channel, 0, (candidate) => {
    void candidate.won();
    return { takeAway() {}, again() {}, leave() {} };
  });
  tabs.join({
    isConnected: () => true,
    waits: () => false,
    waiting: () => [],
    lead: () => {},
    hear: () => {},
  });
  const many = Array.from({ length: 1_000 }, () => ({ put: write }));
  for (let n = 0; n < 200; n++) await tabs.keep(many);
  const before = looks;
  expect(await tabs.keep([{ put: write }])).toEqual([200_001]);
  expect(looks).toBe(before);
  tabs.leave();
});
