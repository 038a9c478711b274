/** Storages for tests, each of a name of its own, and what is needed to look at a database from outside. */
import {
  type DeviceStorage,
  openStorage,
  type StorageNotice,
  type StorageOptions,
} from '@aimdb/wasm/storage';
import { afterEach } from 'vitest';

const open: DeviceStorage[] = [];
const names = new Set<string>();

afterEach(async () => {
  await Promise.all(open.splice(0).map((storage) => storage.close()));
  for (const name of names) await deleted(name);
  names.clear();
});

export function freshName(): string {
  const name = `test-${crypto.randomUUID()}`;
  names.add(name);
  return name;
}

/** Opens a storage; `notices` collects what it tells. */
export async function opened(
  options: StorageOptions = {},
): Promise<{ storage: DeviceStorage; notices: StorageNotice[] }> {
  const notices: StorageNotice[] = [];
  const storage = await openStorage({
    name: freshName(),
    onNotice: (n) => notices.push(n),
    ...options,
  });
  open.push(storage);
  return { storage, notices };
}

export function put(id: number, entry: unknown = `payload ${id}`, client = 'device') {
  return { op: 'put', client, id, entry } as const;
}

export function handOver(id: number, client = 'device') {
  return { op: 'handOver', client, id } as const;
}

export function remove(id: number, client = 'device') {
  return { op: 'remove', client, id } as const;
}

export async function ids(storage: DeviceStorage): Promise<number[]> {
  return (await storage.outbox()).map(({ id }) => id);
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    ({ code, reason }) => (reason === undefined ? code : `${code} ${reason}`),
  );
}

export const databaseOf = (name: string) => `aimdb:${name}`;

/** Deletes a database as a browser's settings would. */
export async function deleted(name: string): Promise<void> {
  if (!globalThis.indexedDB) return;
  const request = indexedDB.deleteDatabase(databaseOf(name));
  await new Promise<void>((resolve, reject) => {
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

/** Opens a database without the module, in any version. */
export async function raw(
  name: string,
  version?: number,
  upgrade: (db: IDBDatabase, change: IDBTransaction) => void = () => {},
): Promise<IDBDatabase> {
  const request = indexedDB.open(databaseOf(name), version);
  request.onupgradeneeded = () => upgrade(request.result, request.transaction as IDBTransaction);
  return answerOf(request);
}

export function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** A generator of numbers from 0 to below 1, the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
