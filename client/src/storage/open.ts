/**
 * Opens the database, whatever is found: none, an older layout, a broken one, a newer one.
 *
 * Does not: write to a database of a newer layout, which belongs to an application that will come back.
 */
import { openDB } from 'idb';
import { failed, nameOf, tooNew } from './errors.js';
import {
  type Change,
  type Database,
  deviceIn,
  LAYOUT,
  layoutOf,
  type Mended,
  mend,
  migrate,
  reading,
  versionOf,
} from './layout.js';
import { OPENINGS_MAX } from './limits.js';
import type { AimDbError } from '../errors.js';
import type { Device } from './types.js';

export interface Opened {
  readonly db: Database;
  readonly device: Device;
  readonly mended: Mended | undefined;
}

/** What was found is of a newer layout. */
export interface Newer {
  readonly error: AimDbError;
  /** The outbox in it, whatever its rows are. */
  readonly rows: readonly unknown[];
}

export interface Watch {
  /** Somebody wants to delete the database or to change its layout: it is closed. */
  onAsked(): void;
  /** The browser closed it. */
  onLost(): void;
  /** Others hold it open in an older layout. */
  onBlocked(): void;
}

export async function open(name: string, watch: Watch): Promise<Opened | Newer> {
  let version: number | undefined = versionOf(LAYOUT);
  let mended: Mended | undefined;
  let isMending = false;
  for (let opening = 0; opening < OPENINGS_MAX; opening++) {
    let db: Database;
    try {
      db = await openAt(name, version, watch, async (at, change, from) => {
        if (isMending) mended = await mend(at, change);
        else if (version !== undefined) await migrate(at, change, from);
      });
    } catch (thrown) {
      if (nameOf(thrown) !== 'VersionError') throw thrown;
      // It was mended before, or is newer: it is opened as it is.
      version = undefined;
      continue;
    }
    const layout = layoutOf(db.version);
    if (layout > LAYOUT) return newer(db, layout);
    const row = layout === LAYOUT ? await deviceIn(db) : undefined;
    if (row) return { db, device: { id: row.id, epoch: row.epoch }, mended };
    db.close();
    isMending = layout === LAYOUT;
    version = isMending ? db.version + 1 : versionOf(LAYOUT);
    if (layoutOf(version) !== LAYOUT) break;
  }
  throw failed('the database does not come to rest: other tabs change its layout');
}

async function openAt(
  name: string,
  version: number | undefined,
  watch: Watch,
  upgrade: (db: Database, change: Change, from: number) => Promise<void>,
): Promise<Database> {
  let failure: unknown;
  try {
    return await openDB(name, version, {
      upgrade: (at, from, _, change) => {
        change.done.catch(() => {});
        // What goes wrong must take everything back: an upgrade that ends early would leave half of it.
        upgrade(at, change as Change, from).catch((thrown) => {
          failure = thrown;
          change.abort();
        });
      },
      blocked: () => watch.onBlocked(),
      blocking: (_, __, event) => {
        (event.target as IDBDatabase).close();
        watch.onAsked();
      },
      terminated: () => watch.onLost(),
    });
  } catch (thrown) {
    throw failure ?? thrown;
  }
}

async function newer(db: Database, layout: number): Promise<Newer> {
  const has = db.objectStoreNames.contains('outbox');
  const rows: unknown[] = has ? await reading(db, ['outbox']).objectStore('outbox').getAll() : [];
  db.close();
  return { error: tooNew(layout, LAYOUT), rows };
}
