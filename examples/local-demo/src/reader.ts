/** A reader of one record that keeps count of what it got and of what it was told that it missed. */
import { useAimDb } from '@aimdb/react';
import type { WasmDb } from '@aimdb/wasm';
import { useMemo, useSyncExternalStore } from 'react';
import type { BufferKey } from './records.js';

export interface ReaderCounts {
  readonly got: number;
  readonly missed: number;
  readonly last: number | null;
}

const NOTHING: ReaderCounts = { got: 0, missed: 0, last: null };

class Reader {
  #db: WasmDb;
  #key: BufferKey;
  #counts = NOTHING;

  constructor(db: WasmDb, key: BufferKey) {
    this.#db = db;
    this.#key = key;
  }

  readonly getSnapshot = (): ReaderCounts => this.#counts;

  readonly subscribe = (listener: () => void): (() => void) => {
    const add = (change: Partial<ReaderCounts>) => {
      this.#counts = { ...this.#counts, ...change };
      listener();
    };
    return this.#db.subscribe(
      this.#key,
      (value) => add({ got: this.#counts.got + 1, last: value.celsius }),
      { onLag: (missed) => add({ missed: this.#counts.missed + missed }) },
    );
  };
}

/** Reads the record for as long as the component is there. */
export function useReader(key: BufferKey): ReaderCounts {
  const db = useAimDb();
  const reader = useMemo(() => (db ? new Reader(db, key) : null), [db, key]);
  return useSyncExternalStore(reader?.subscribe ?? nobody, reader?.getSnapshot ?? (() => NOTHING));
}

const nobody = (): (() => void) => () => {};
