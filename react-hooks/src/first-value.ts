/** One promise per record for its first value, kept outside of React, which forgets suspended renders. */
import type { RecordKey, WasmDb } from '@aimdb/wasm';
import type { Source } from './source.js';

const waiting = new WeakMap<WasmDb, Map<string, Promise<void>>>();

/** Settles when the record has a value; the same promise for everyone who waits for it. */
export function firstValue(
  db: WasmDb,
  key: RecordKey,
  { subscribe, get }: Source<unknown>,
): Promise<void> {
  const promises = waiting.get(db) ?? new Map<string, Promise<void>>();
  waiting.set(db, promises);
  const known = promises.get(key);
  if (known) return known;
  const promise = new Promise<void>((resolve) => {
    const stop = subscribe(() => {
      if (get() === null) return;
      stop();
      promises.delete(key);
      resolve();
    });
  });
  promises.set(key, promise);
  return promise;
}
