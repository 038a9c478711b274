/** A device that several tabs write to: numbers, who sends, and what the others hear. The tabs stand in one page here. */
import type { DeviceNews, SettledWrite, StorageChange, WriteStorage } from '@aimdb/wasm';
import { type DeviceStorage, openStorage } from '@aimdb/wasm/storage';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { freshName } from './support/storages.js';

/** As `numbers.ts` has it. */
const OFFLINE_LATEST = -3;

const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);

/** A tab without an engine: it notes what it is told. */
class Tab {
  readonly storage: DeviceStorage;
  readonly writes: WriteStorage;
  readonly led: number[] = [];
  readonly news: DeviceNews[] = [];
  readonly numbers = new Set<number>();
  isConnected = true;
  /** The policy of all its writes. */
  offline = -2;

  private constructor(storage: DeviceStorage, writes: WriteStorage) {
    this.storage = storage;
    this.writes = writes;
    for (const { write } of writes.writes) this.numbers.add(write);
    writes.shared?.join({
      isConnected: () => this.isConnected,
      waits: () => this.numbers.size > 0,
      waiting: () => [...this.numbers].map((number) => ({ number, offline: this.offline })),
      lead: (epoch) => this.led.push(epoch),
      hear: (news) => {
        this.news.push(news);
        for (const { write } of news.writes ?? []) this.numbers.add(write);
        for (const { number } of news.ended ?? []) this.numbers.delete(number);
      },
    });
  }

  static async open(name: string): Promise<Tab> {
    const storage = await openStorage({ name });
    const tab = new Tab(storage, await storage.forWrites());
    tabs.push(tab);
    return tab;
  }

  get leads(): boolean {
    return (this.led.at(-1) ?? 0) > 0;
  }

  async keep(...changes: StorageChange[]): Promise<readonly number[]> {
    const numbers = (await this.writes.keep(changes)) ?? [];
    for (const number of numbers) this.numbers.add(number);
    return numbers;
  }

  leave(): void {
    this.writes.shared?.leave();
  }
}

let tabs: Tab[] = [];
const LOCKS = Object.getOwnPropertyDescriptor(Navigator.prototype, 'locks') as PropertyDescriptor;

afterEach(async () => {
  Object.defineProperty(Navigator.prototype, 'locks', LOCKS);
  for (const tab of tabs) tab.leave();
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const tab of tabs) await tab.storage.close();
  tabs = [];
});

const put = (payload: string, handedOver = false): StorageChange => ({
  put: { write: 0, topic: 't', payload, offline: -2, handedOver },
});
const settled = (write: number, outcome: SettledWrite['outcome'] = 'acknowledged') => ({
  write,
  topic: 't',
  outcome,
});

describe.each(['locks', 'a lease'])('over %s', (way) => {
  const name = () => {
    if (way === 'a lease') {
      Object.defineProperty(Navigator.prototype, 'locks', { configurable: true, value: undefined });
    }
    return freshName();
  };

  test('one sends, and when it leaves the next one does, under a higher epoch', async () => {
    const device = name();
    const [one, other] = [await Tab.open(device), await Tab.open(device)];
    await until(() => one.leads);
    expect(other.leads).toBe(false);
    one.leave();
    await until(() => other.leads);
    expect(other.led.at(-1)).toBeGreaterThan(one.led.at(-1) as number);
  });

  test('whoever writes, numbers are one sequence, and each hears of what the others wrote', async () => {
    const device = name();
    const [one, other] = [await Tab.open(device), await Tab.open(device)];
    await until(() => one.leads);
    const numbers = await Promise.all([
      one.keep(put('a'), put('b')),
      other.keep(put('c')),
      one.keep(put('d', true)),
      other.keep(put('e'), put('f')),
    ]);
    expect(numbers.flat().toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
    await until(() => one.numbers.size === 6 && other.numbers.size === 6);
    const third = await Tab.open(device);
    expect([...third.numbers]).toEqual([1, 2, 3, 4, 5, 6]);
    const marked = third.writes.writes.filter(({ handedOver }) => handedOver);
    expect(marked.map(({ payload }) => payload)).toEqual(['d']);
  });

  test('a tab that was away says of a latest write that it may have been taken, and of others that they were', async () => {
    const device = name();
    const [one, other] = [await Tab.open(device), await Tab.open(device)];
    await until(() => one.leads);
    await other.keep(put('a'), put('b'));
    await until(() => one.numbers.size === 2);
    const endOf = (tab: Tab, number: number) =>
      tab.news.flatMap(({ ended = [] }) => ended).find((end) => end.number === number)?.settled;
    // Removed without a word, as by a tab that dies before it tells.
    const { client } = one.writes;
    await one.storage.commit([{ op: 'remove', client, id: 1 }]);
    globalThis.dispatchEvent(new Event('pageshow'));
    await until(() => endOf(other, 1));
    expect(endOf(other, 1)).toEqual({ outcome: 'acknowledged' });
    other.offline = OFFLINE_LATEST;
    await one.storage.commit([{ op: 'remove', client, id: 2 }]);
    globalThis.dispatchEvent(new Event('pageshow'));
    await until(() => endOf(other, 2));
    expect(endOf(other, 2)).toEqual({ outcome: 'unknown', reason: 'forgotten' });
  });

  test('that a tab has taken over is heard by the others, who look what has ended', async () => {
    const device = name();
    const [one, other] = [await Tab.open(device), await Tab.open(device)];
    const third = await Tab.open(device);
    await until(() => one.leads);
    await third.keep(put('a'));
    await until(() => one.numbers.size + other.numbers.size === 2);
    const { client } = one.writes;
    await one.storage.commit([{ op: 'remove', client, id: 1 }]);
    one.leave();
    await until(() => other.numbers.size + third.numbers.size === 0);
  });

  test('that one has ended is heard by all, with the letter of what came to nothing', async () => {
    const device = name();
    const [one, other] = [await Tab.open(device), await Tab.open(device)];
    await until(() => one.leads);
    await other.keep(put('a'), put('b'));
    await until(() => one.numbers.size === 2);
    const refused = { ...settled(2, 'refused'), reason: 'range' };
    const letter = { ...refused, payload: 'b', offline: -2, at: 5 };
    await one.keep({ remove: 1, settled: settled(1) }, { remove: 2, settled: refused, letter });
    await until(() => other.numbers.size === 0);
    await until(() => other.news.some(({ letters }) => letters?.length === 1));
    const ended = other.news.flatMap((news) => news.ended ?? []);
    expect(ended).toEqual([
      { number: 1, settled: settled(1) },
      { number: 2, settled: refused },
    ]);
    await other.keep({ forget: 2 });
    await until(() => one.news.some(({ letters }) => letters?.length === 0));
  });

  test('a tab that does not send stores what is new, and neither marks nor removes', async () => {
    const device = name();
    const [one, other] = [await Tab.open(device), await Tab.open(device)];
    await until(() => one.leads);
    const [number] = await other.keep(put('a', true));
    expect((await one.storage.outbox())[0]).toMatchObject({ id: number, handedOver: false });
    for (const change of [
      { remove: number as number, settled: settled(number as number) },
      {
        put: { write: number as number, topic: 't', payload: 'a', offline: -2, handedOver: true },
      },
    ]) {
      const error = await other.keep(change).catch((error) => error);
      expect(error.code).toBe('STORAGE_TAKEN_OVER');
    }
    expect(await one.storage.outbox()).toMatchObject([{ id: number, handedOver: false }]);
  });

  test('who is overtaken without a word learns it from the database, and loses nothing', async () => {
    const device = name();
    const one = await Tab.open(device);
    await until(() => one.leads);
    const [number] = await one.keep(put('a'));
    await one.storage.takeOver();
    const mark: StorageChange = {
      put: { write: number as number, topic: 't', payload: 'a', offline: -2, handedOver: true },
    };
    expect((await one.keep(mark).catch((error) => error)).code).toBe('STORAGE_TAKEN_OVER');
    expect(one.leads).toBe(false);
    expect(await one.keep(put('b', true))).toHaveLength(1);
    const there = await one.storage.outbox();
    expect(there.map(({ handedOver }) => handedOver)).toEqual([false, false]);
  });
});

test('who begins to send is told of all that waits, and of what ended while nobody told', async () => {
  const device = freshName();
  const one = await Tab.open(device);
  await until(() => one.leads);
  await one.keep(put('a'), put('b', true), put('c'));
  const other = await Tab.open(device);
  // As a tab that dies between the removal and the word of it.
  await one.storage.commit([{ op: 'remove', client: one.writes.client, id: 1 }]);
  one.leave();
  await until(() => other.leads);
  const last = other.news.at(-1);
  expect(last?.ended).toEqual([{ number: 1, settled: { outcome: 'acknowledged' } }]);
  expect(last?.writes?.map(({ write, handedOver }) => [write, handedOver])).toEqual([
    [2, true],
    [3, false],
  ]);
});

test('a sender that does not answer is replaced by who waits, and one without a network by who has one', async () => {
  const device = freshName();
  const one = await Tab.open(device);
  await until(() => one.leads);
  one.isConnected = false;
  const other = await Tab.open(device);
  await other.keep(put('a'));
  await until(() => other.leads);
  expect(one.led.at(-1)).toBe(0);
});

test('other users and other devices have writes and senders of their own', async () => {
  const device = freshName();
  const ann = await openStorage({ name: device, user: 'ann' });
  const ben = await openStorage({ name: device, user: 'ben' });
  const [first, second] = [await ann.forWrites(), await ben.forWrites()];
  expect(first.client).not.toBe(second.client);
  const led: string[] = [];
  const tab = (who: string) => ({
    isConnected: () => true,
    waits: () => false,
    waiting: () => [],
    lead: () => void led.push(who),
    hear: () => {},
  });
  first.shared?.join(tab('ann'));
  second.shared?.join(tab('ben'));
  await until(() => led.length === 2);
  expect(led.toSorted()).toEqual(['ann', 'ben']);
  first.shared?.leave();
  second.shared?.leave();
  await ann.close();
  await ben.close();
});
