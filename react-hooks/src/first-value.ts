/** One promise per record for its first value, kept outside of React, which forgets suspended renders. */
import type { RecordKey, WasmDb } from '@aimdb/wasm';

const waiting = new WeakMap<WasmDb, Map<string, Promise<void>>>();

/** Settles when the record has a value; the same promise for everyone who waits for it. */
export function firstValue(db: WasmDb, key: RecordKey): Promise<void> {
  const promises = waiting.get(db) ?? new Map<string, Promise<void>>();
  waiting.set(db, promises);
  const known = promises.get(key);
  if (known) return known;
  const promise = new Promise<void>((resolve) => {
    const record = db.record(key);
    const stop = record.onChange(() => {
      if (record.get() === null) return;
      stop();
      promises.delete(key);
      resolve();
    });
  });
  promises.set(key, promise);
  return promise;
}
