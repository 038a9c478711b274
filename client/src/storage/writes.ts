/**
 * The outbox as a bridge wants it.
 *
 * Guarantees: the writes of each user of a device have a name and numbers of their own; an entry that is stored already is
 * marked, and not written once more. Does not: choose who sends.
 */
import type {
  StorageChange,
  StoredLetter,
  StoredWrite,
  ValueCache,
  WriteStorage,
} from '../types.js';
import type { DeadLetter, OutboxEntry, OutboxOperation } from './types.js';

/** What servers know the writes of a user by: the device alone would make one sequence of several outboxes. */
export function clientOf(device: string, user: string): string {
  return user === '' ? device : `${device}-${hashOf(user).toString(16)}`;
}

/** FNV-1a over UTF-16: users of one device are few, and a clash is as unlikely as it need be. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash;
}

/** What is known of a device when a tab begins to send. */
interface Found {
  readonly client: string;
  readonly epoch: number;
  /** The highest number that a write ever had. */
  readonly last: number;
  readonly entries: readonly OutboxEntry<StoredWrite>[];
  readonly letters: readonly DeadLetter<StoredLetter>[];
  readonly values: ValueCache;
  readonly isDurable: boolean;
  readonly commit: (operations: readonly OutboxOperation[]) => Promise<void>;
}

export function writeStorage(found: Found): WriteStorage {
  const { client, epoch, last, entries, letters, values, isDurable, commit } = found;
  const mine = entries.filter((entry) => entry.client === client);
  const stored = new Set(mine.map(({ id }) => id));
  const operation = (change: StorageChange): OutboxOperation => {
    if ('forget' in change) return { op: 'forget', client, id: change.forget };
    if ('remove' in change) {
      const { remove: id, letter } = change;
      stored.delete(id);
      return { op: 'remove', client, id, ...(letter ? { letter } : {}) };
    }
    const { write: id, handedOver } = change.put;
    if (handedOver && stored.has(id)) return { op: 'handOver', client, id };
    return { op: 'put', client, id, entry: change.put, handedOver };
  };
  return {
    client,
    epoch,
    nextWrite: last + 1,
    writes: mine.map(({ entry, handedOver }) => ({ ...entry, handedOver })),
    letters: letters.filter((letter) => letter.client === client).map(({ letter }) => letter),
    isDurable,
    values,
    keep: async (changes) => {
      await commit(changes.map(operation));
      for (const change of changes) if ('put' in change) stored.add(change.put.write);
    },
  };
}
