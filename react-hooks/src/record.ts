/** A component's subscription to one record, and the way to write it. */
import {
  AimDbError,
  type RecordInput,
  type RecordKey,
  type RecordValue,
  type WriteReceipt,
} from '@aimdb/wasm';
import { useCallback, useState, useSyncExternalStore } from 'react';
import { useScope } from './context.js';
import { firstValue } from './first-value.js';
import { KeptSelection } from './selection.js';
import { useSource } from './source.js';

/** Says whether two selections are the same to the component. */
export type Equality<S> = (before: S, after: S) => boolean;

const nothing = (): null => null;

/**
 * The record's value, or null while there is none, before the record is configured and after it is removed, while the database
 * is being made, after it was freed, and in a server render. With a selector the component renders again only when its selection changes, by
 * `equality` or else by `Object.is`. The equality compares selections of one record by one selector: it never sees those of
 * two keys, databases or selectors.
 */
export function useRecord<K extends RecordKey>(key: K): RecordValue<K> | null;
export function useRecord<K extends RecordKey, S>(
  key: K,
  selector: (value: RecordValue<K>) => S,
  equality?: Equality<S>,
): S | null;
export function useRecord<K extends RecordKey>(
  key: K,
  selector?: (value: RecordValue<K>) => unknown,
  equality: Equality<unknown> = Object.is,
): unknown {
  const source = useSource(key);
  const [kept] = useState(() => new KeptSelection<RecordValue<K>, unknown>());
  const getSelection = () => {
    const [record, value] = [source.record(), source.get()];
    if (selector && record && value !== null) return kept.select(record, value, selector, equality);
    kept.forget();
    return null;
  };
  const getSnapshot = selector ? getSelection : source.get;
  return useSyncExternalStore<unknown>(source.subscribe, getSnapshot, nothing);
}

/**
 * A setter for the record, the same function while database and key are the same. It throws what `db.set`
 * throws: a `ContractViolation` for a value that the contract refuses. While the database is being made it throws
 * `NOT_READY`: a value that waits would be judged, and perhaps refused, when nobody looks any more.
 */
export function useSetRecord<K extends RecordKey>(key: K): (value: RecordInput<K>) => WriteReceipt {
  const { db } = useScope();
  return useCallback(
    (value: RecordInput<K>) => {
      if (!db) throw notReady(key);
      return db.set(key, value);
    },
    [db, key],
  );
}

function notReady(record: string): AimDbError {
  const message = `'${record}' cannot be written yet: the database is being made; write when \`useAimDb()\` gives it, or give the provider a \`fallback\``;
  return new AimDbError('NOT_READY', message, { record });
}

/**
 * The record's value; suspends until there is one. The `<Suspense>` belongs between the provider and this component. Where it stands above
 * both, the database is made ahead of its provider, unless it is one user's (a `token` function, a `storage`): that is `NOT_READY`.
 * In a server render its fallback is shown, and the browser takes over.
 */
export function useSuspenseRecord<K extends RecordKey>(key: K): RecordValue<K> {
  const { db, ready } = useScope();
  const source = useSource(key);
  // No server snapshot on purpose: React then leaves the boundary to the browser.
  const value = useSyncExternalStore(source.subscribe, source.get);
  if (value !== null) return value;
  // Thrown, and not given to `use`, which React 18 has not.
  throw db ? firstValue(db, key, source) : ready();
}
