/** The outbox of a device as the bridges of several tabs want it. */
import type { WriteStorage } from '../../types.js';
import { type Found, faceOf } from '../writes.js';
import { LockElection } from './election.js';
import { LeaseElection, type TakeLease } from './lease.js';
import { Tabs, type TabStore } from './tabs.js';

/** What of a storage tabs need that share it. */
export interface SharingStore extends TabStore {
  /** Names the device and its user among those of the origin. */
  readonly name: string;
  readonly takeLease: TakeLease;
}

export function sharedWrites(found: Found, store: SharingStore): WriteStorage {
  const face = faceOf(found);
  const scanned = Math.max(0, ...face.writes.map(({ write }) => write));
  const channel = new BroadcastChannel(store.name);
  // Only secure contexts have locks.
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  const tabs = new Tabs(store, channel, scanned, (candidate) =>
    locks
      ? new LockElection(locks, store.name, candidate)
      : new LeaseElection(store.takeLease, candidate),
  );
  return { ...face, keep: (changes) => tabs.keep(changes), shared: tabs };
}
