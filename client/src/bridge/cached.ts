/**
 * Values of a bridge's records from the device: put back before anybody reads, and given to it as servers confirm them.
 *
 * Guarantees: a record that has a value keeps it; what a contract does not take any more is left out. Does not: keep anything, or
 * choose when; the cache does.
 */
import type { Core } from '../records/core.js';
import type { View } from '../records/view.js';
import type { CachedRecord, KeptValue, ValueCache } from '../types.js';

/** So many of a ring's values are kept, the newest. */
const RING_VALUES_MAX = 256;

/** What the engine knows of a record's values; `untaken` has the versions of those that no server took. */
type Seen = Omit<KeptValue, 'key' | 'values'> & { readonly untaken: readonly number[] };

export class CachedValues {
  readonly #core: Core;
  readonly #session: number;
  readonly #cache: ValueCache;
  #stop: (() => void) | null;

  /** Puts back what the cache has of the session's records. */
  constructor(core: Core, session: number, cache: ValueCache) {
    this.#core = core;
    this.#session = session;
    this.#cache = cache;
    if (cache.server !== undefined) core.open().sessionHeardBefore(session, cache.server);
    this.restore();
    this.#stop = cache.watch(() => this.#records());
  }

  /** Puts back what the cache has of records that are empty. */
  restore(): void {
    for (const view of this.#mirrored()) {
      const kept = view.version === 0 ? this.#cache.get(view.key) : undefined;
      if (kept) this.#restoreOne(view, kept);
    }
  }

  /** What changed is given to the cache once more. */
  end(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #restoreOne(view: View, { values, version, server, seq }: KeptValue): void {
    const engine = this.#core.open();
    const number = server === this.#cache.server ? seq : undefined;
    // One that the contract refuses takes nothing with it that came after.
    for (const value of values) engine.restoreValue(view.id, value, version, number);
  }

  *#mirrored(): Iterable<View> {
    const engine = this.#core.open();
    for (const view of this.#core.viewsByKey.values()) {
      if (engine.recordSession(view.id) === this.#session) yield view;
    }
  }

  *#records(): Iterable<CachedRecord> {
    if (this.#core.isFreed) return;
    for (const view of this.#mirrored()) {
      const { key, revision } = view;
      yield { key, revision, read: () => this.#read(view) };
    }
  }

  #read(view: View): KeptValue | null {
    const seen = this.#core.open().recordSeen(view.id) as Seen | undefined;
    if (seen === undefined) return null;
    const { untaken, ...known } = seen;
    const all = view.history(view.isRing ? RING_VALUES_MAX : 1);
    const first = view.version - all.length + 1;
    const values = all.filter((_, at) => !untaken.includes(first + at));
    return values.length === 0 ? null : { key: view.key, values, ...known };
  }
}
