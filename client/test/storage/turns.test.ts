/** One tab of a device that is shared, with a store and an election under the test's hand: what was asked under which epoch. */
import type { StorageChange } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import { AimDbError } from '../../src/errors.js';
import type { Candidate } from '../../src/storage/tabs/election.js';
import { Tabs, type TabStore } from '../../src/storage/tabs/tabs.js';
import type { OutboxOperation } from '../../src/storage/types.js';

const DROP: StorageChange = {
  remove: 1,
  settled: { write: 1, topic: 't', outcome: 'dropped', reason: 'superseded' },
};
const ANSWER: StorageChange = {
  remove: 2,
  settled: { write: 2, topic: 't', outcome: 'acknowledged' },
};
const NEW: StorageChange = {
  put: { write: 0, topic: 't', payload: '1', offline: -2, handedOver: true },
};

/** A database of which the test says when it answers, and when it is deleted. */
function open() {
  let isDeleted = false;
  const there = () => {
    if (isDeleted) throw new AimDbError('STORAGE_DELETED', 'deleted');
  };
  const commits: (readonly OutboxOperation[])[] = [];
  const led: number[] = [];
  let epoch = 0;
  let candidate: Candidate | undefined;
  /** The database answers once this is called. */
  let answer = () => {};
  const busy = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const store: TabStore = {
    client: 'me',
    async commit(operations) {
      there();
      commits.push(operations);
      if (commits.length === 1) await busy;
      return operations.filter(({ op }) => op === 'append').map((_, at) => commits.length + at);
    },
    takeOver: async () => {
      there();
      return { epoch: ++epoch };
    },
    after: async () => {
      there();
      return [];
    },
    letters: async () => [],
  };
  const tabs = new Tabs(store, new BroadcastChannel('turns'), 0, (one) => {
    candidate = one;
    return { leave() {}, again() {}, takeAway() {} };
  });
  tabs.join({
    isConnected: () => true,
    waits: () => false,
    waiting: () => [],
    lead: (at) => led.push(at),
    hear() {},
  });
  const remove = () => {
    isDeleted = true;
  };
  return { tabs, commits, led, remove, answer: () => answer(), win: () => candidate?.won() };
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

test('what was asked under an epoch that is over drops nothing under the next', async () => {
  const { tabs, commits, led, answer, win } = open();
  win();
  await turns();
  expect(led).toEqual([1]);
  const first = tabs.keep([ANSWER]);
  // It does not know yet that another had its place meanwhile.
  win();
  await turns();
  const drop = tabs.keep([DROP]).catch((thrown: { code: string }) => thrown.code);
  const other = tabs.keep([ANSWER]);
  const added = tabs.keep([NEW]);
  answer();
  await first;
  expect(await drop).toBe('STORAGE_TAKEN_OVER');
  // How the server answered stays true, and what is new is stored by any tab, though unmarked.
  await other;
  await added;
  expect(commits.map((operations) => operations.map(({ op }) => op))).toEqual([
    ['remove'],
    ['remove'],
    ['append'],
  ]);
  expect(commits[2]?.[0]).toMatchObject({ handedOver: false });
  expect(led).toEqual([1, 0, 2]);
  await tabs.keep([DROP]);
  expect(commits).toHaveLength(4);
  tabs.leave();
});

test('where the database was deleted what waits is sent on, nothing new is kept, and nothing is told to have ended', async () => {
  const { tabs, commits, led, remove, answer, win } = open();
  answer();
  win();
  await turns();
  remove();
  expect(await tabs.keep([ANSWER, DROP])).toEqual([]);
  await expect(tabs.keep([NEW])).rejects.toMatchObject({ code: 'STORAGE_DELETED' });
  expect(commits).toEqual([]);
  // Who has the place of one that is gone cannot ask the database for an epoch.
  win();
  await turns();
  expect(led).toEqual([1, 0, 2]);
  tabs.leave();
});
