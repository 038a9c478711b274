/**
 * Records of a database at paths of a store, in either direction or in both.
 *
 * Guarantees: values that are equal by structure are not written back, so that both directions together come to rest.
 * What the store refuses of a record, or the record of a path, reaches the store's `onError`.
 */
import { AimDbError } from '../errors.js';
import { threw } from './errors.js';
import type { LooseData, PathOf } from './paths.js';
import { PIPELINE, type Pipeline } from './pipeline.js';
import type { Store } from './store.js';
import type { Unsubscribe } from './types.js';
import { isEqual } from './values.js';
import { isPlain } from './wasm/plain.js';

/** What is needed of a database whose record is read; `WasmDb` is one. */
export interface RecordSource {
  subscribe(
    key: string,
    callback: (value: unknown) => void,
    options?: { readonly onNone?: () => void },
  ): Unsubscribe;
}

/** What is needed of a database whose record is written. */
export interface RecordTarget {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

/**
 * Writes each value of a record to a path, the one of now too; of an object only the fields that differ. When the record has no
 * value any more, since the server refused the only one or the record was removed, the path is undefined. The sender is
 * `record:` and the key.
 */
export function bindRecord<DATA = LooseData, PATH extends string = string>(
  store: Store<DATA>,
  db: RecordSource,
  key: string,
  path: PathOf<DATA, PATH>,
): Unsubscribe {
  const pipeline = store[PIPELINE];
  pipeline.ensureOpen();
  const meta = { sender: `record:${key}` };
  const follow = (value: unknown) => {
    reporting(pipeline, key, () => {
      const changes = differing(path, pipeline.get(path), value);
      if (changes.length > 0) pipeline.write(changes.map(([at, now]) => [at, now, meta]));
    });
  };
  const unsubscribe = db.subscribe(key, follow, { onNone: () => follow(undefined) });
  const stop = () => {
    pipeline.endings.delete(stop);
    unsubscribe();
  };
  pipeline.endings.add(stop);
  return stop;
}

/** What differs, by field where the fields are the same: one that stayed as it was is no change to anybody. */
function differing(path: string, before: unknown, now: unknown): (readonly [string, unknown])[] {
  if (isEqual(before, now)) return [];
  if (!isPlain(before) || !isPlain(now)) return [[path, now]];
  const keys = Object.keys(now);
  const isSameShape =
    keys.length === Object.keys(before).length &&
    keys.every((key) => Object.hasOwn(before, key) && !key.includes('.'));
  if (!isSameShape) return [[path, now]];
  return keys
    .filter((key) => !isEqual(before[key], now[key]))
    .map((key) => [path === '' ? key : `${path}.${key}`, now[key]] as const);
}

/**
 * Writes a path to a record whenever it changes from now on. What is there already stays unsaid: a form that is opened
 * is no command. Neither is a value that goes (undefined).
 */
export function bindPath<DATA = LooseData, PATH extends string = string>(
  store: Store<DATA>,
  path: PathOf<DATA, PATH>,
  db: RecordTarget,
  key: string,
): Unsubscribe {
  const pipeline = store[PIPELINE];
  return pipeline.subscribers.add(pipeline.topics.path(path), (value) => {
    reporting(pipeline, key, () => {
      if (value !== undefined && !isEqual(db.get(key), value)) db.set(key, value);
    });
  });
}

/** There is nobody to throw at: the write comes from a subscription. */
function reporting(pipeline: Pipeline, key: string, write: () => void): void {
  try {
    write();
  } catch (thrown) {
    const isKnown = thrown instanceof AimDbError;
    pipeline.report(isKnown ? thrown : threw('RECORD_THREW', `write of record '${key}'`, thrown));
  }
}
