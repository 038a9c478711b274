/**
 * Random programs against plain maps, with tabs that close, open again and lose their connections at random moments.
 * A failure prints its seed; `SEED=` chooses another.
 */
import { type DeviceStorage, openStorage } from '@aimdb/wasm/storage';
import { expect, test, vi } from 'vitest';
import { deleted, random } from './support/storages.js';

declare const process: { env: Record<string, string | undefined> } | undefined;
const env = typeof process === 'undefined' ? {} : process.env;
const SEED = Number(env.SEED ?? Date.now() % 1_000_000);
const PROGRAMS = 40;
const STEPS = 40;
const ENTRIES_MAX = 12;
const isNode = typeof indexedDB === 'undefined';

interface Kept {
  readonly entry: string;
  readonly handedOver: boolean;
}

type Operation =
  | { op: 'put'; client: string; id: number; entry: string; handedOver: boolean }
  | { op: 'handOver' | 'remove'; client: string; id: number };

/** What the storage of one user is to be. */
class Model {
  readonly outbox = new Map<string, Kept>();
  readonly cache = new Map<string, number>();

  /** Whether the entries of a call fit. */
  commit(operations: readonly Operation[]): boolean {
    const before = [...this.outbox];
    for (const operation of operations) {
      this.#do(operation);
      if (operation.op !== 'put' || this.outbox.size <= ENTRIES_MAX) continue;
      this.outbox.clear();
      for (const [key, kept] of before) this.outbox.set(key, kept);
      for (const other of operations) if (other.op !== 'put') this.#do(other);
      return false;
    }
    return true;
  }

  #do(operation: Operation): void {
    const key = `${operation.client} ${String(operation.id).padStart(3, '0')}`;
    const kept = this.outbox.get(key);
    if (operation.op === 'remove') this.outbox.delete(key);
    else if (operation.op === 'put') {
      const handedOver = operation.handedOver || kept?.handedOver === true;
      this.outbox.set(key, { entry: operation.entry, handedOver });
    } else if (kept) this.outbox.set(key, { ...kept, handedOver: true });
  }
}

async function program(seed: number): Promise<void> {
  const next = random(seed);
  const below = (count: number) => Math.floor(next() * count);
  const name = `model-${crypto.randomUUID()}`;
  const users = ['ann', 'bob'];
  const models = users.map(() => new Model());
  const open = (user: number) =>
    openStorage({ name, user: users[user] as string, outboxEntriesMax: ENTRIES_MAX });
  // In memory nothing is shared and nothing stays: there, a tab is never closed.
  const tabs: DeviceStorage[] = [await open(0), await open(1)];
  const connections = isNode ? undefined : spyOnConnections();
  const operations = (): Operation[] =>
    Array.from({ length: 1 + below(4) }, () => {
      const named = { client: 'ab'[below(2)] as string, id: below(12) };
      const op = (['put', 'put', 'handOver', 'remove'] as const)[below(4)];
      if (op !== 'put') return { op: op ?? 'remove', ...named };
      return { op, ...named, entry: `e${below(1000)}`, handedOver: below(4) === 0 };
    });
  const checks: Promise<void>[] = [];
  for (let step = 0; step < STEPS; step++) {
    const user = below(2);
    const [tab, model] = [tabs[user] as DeviceStorage, models[user] as Model];
    const kind = below(10);
    if (kind < 5) {
      const given = operations();
      const fits = model.commit(given);
      const done = tab.commit(given).then(
        () => true,
        (error) => (error.code === 'STORAGE_FULL' ? false : Promise.reject(error)),
      );
      checks.push(done.then((stored) => expect(stored).toBe(fits)));
    } else if (kind < 7) {
      const [key, value] = [`k${below(5)}`, below(1000)];
      model.cache.set(key, value);
      checks.push(tab.cache.put({ key, value }));
    } else if (kind === 7) {
      const key = `k${below(5)}`;
      model.cache.delete(key);
      checks.push(tab.cache.remove(key));
    } else if (kind === 8 && connections) {
      await new Promise((resolve) => setTimeout(resolve, below(4)));
      const lost = connections.at(-1 - below(2));
      if (lost) lose(lost);
    } else if (!isNode) {
      await tab.close();
      tabs[user] = await open(user);
    }
    if (below(5) === 0) await Promise.all(checks.splice(0));
    if (below(8) === 0) await compare(tabs[user] as DeviceStorage, model);
  }
  await Promise.all(checks);
  for (const [user, model] of models.entries()) await compare(tabs[user] as DeviceStorage, model);
  await Promise.all(tabs.map((tab) => tab.close()));
  vi.restoreAllMocks();
  await deleted(name);
}

async function compare(storage: DeviceStorage, model: Model): Promise<void> {
  const wanted = [...model.outbox].sort(([left], [right]) => (left < right ? -1 : 1));
  const found = (await storage.outbox()).map(({ client, id, handedOver, entry }) => [
    `${client} ${String(id).padStart(3, '0')}`,
    { entry, handedOver },
  ]);
  expect(found).toEqual(wanted);
  const cached = (await storage.cache.all()).map(({ key, value }) => [key, value]);
  expect(cached).toEqual([...model.cache].sort());
  const { outboxEntries, outboxBytes, cacheBytes } = await storage.estimate();
  const bytes = wanted.reduce((sum, [, { entry }]) => sum + 8 + entry.length, 0);
  expect([outboxEntries, outboxBytes]).toEqual([wanted.length, bytes]);
  expect(cacheBytes).toBe(18 * model.cache.size);
}

/** The connections that are open, the last used one last. */
function spyOnConnections(): IDBDatabase[] {
  const found: IDBDatabase[] = [];
  const transaction = IDBDatabase.prototype.transaction;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
    this: IDBDatabase,
    ...given
  ) {
    found.push(this);
    const begun = transaction.apply(this, given as never);
    underWay.set(this, [...(underWay.get(this) ?? []), begun]);
    return begun;
  });
  return found;
}

const underWay = new WeakMap<IDBDatabase, IDBTransaction[]>();

/** As a browser does it: transactions that are not complete end, and `close` is told. */
function lose(db: IDBDatabase): void {
  for (const transaction of underWay.get(db) ?? []) {
    try {
      transaction.abort();
    } catch {
      // It is complete.
    }
  }
  db.close();
  db.dispatchEvent(new Event('close'));
}

test(`a storage is what plain maps are over ${PROGRAMS} programs (seed ${SEED})`, {
  timeout: 120_000,
}, async () => {
  for (let at = 0; at < PROGRAMS; at++) {
    const seed = SEED + at;
    await program(seed).catch((error) => {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    });
  }
});
