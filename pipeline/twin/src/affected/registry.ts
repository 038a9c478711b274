/**
 * Numbered entries that watch paths: the common part of conditions, choices, texts, validators and listeners.
 *
 * Ids grow with each registration and are never used again, so that their order is the order of registration.
 */
import type { Change } from '../batch/batch.js';
import type { Path } from '../state/paths.js';
import { Watch } from '../watch/watch.js';

/** The registry. */
export class Registry<Entry> {
  readonly #entries = new Map<number, { entry: Entry; watched: readonly Path[] }>();
  readonly #watch = new Watch<number>();
  #next = 0;

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Adds an entry that watches these paths. */
  add(entry: Entry, watched: readonly Path[]): number {
    const id = this.#next;
    this.#next += 1;
    for (const path of watched) this.#watch.add(path, id);
    this.#entries.set(id, { entry, watched });
    return id;
  }

  /** Takes an entry out. */
  remove(id: number): Entry | undefined {
    const found = this.#entries.get(id);
    if (found === undefined) return undefined;
    for (const path of found.watched) this.#watch.remove(path, id);
    this.#entries.delete(id);
    return found.entry;
  }

  get(id: number): Entry | undefined {
    return this.#entries.get(id)?.entry;
  }

  /** The entries in the order of registration. */
  *entries(): Generator<[number, Entry]> {
    for (const [id, { entry }] of this.#entries) yield [id, entry];
  }

  /** The ids of those who watch the path or one above it, in the order of registration. */
  upwards(path: Path): number[] {
    return ordered(this.#watch.upwards(path));
  }

  /** The ids of those whom a change of the path concerns, in the order of registration. */
  related(path: Path): number[] {
    return ordered(this.#watch.related(path));
  }

  /** The ids of those whom these changes concern, each once, in the order of registration. */
  woken(log: readonly Change[]): number[] {
    if (this.#watch.isEmpty) return [];
    return ordered(log.flatMap((change) => this.#watch.related(change.path)));
  }
}

/** Numbers in order, each once. */
export function ordered(ids: readonly number[]): number[] {
  return [...new Set(ids)].sort((left, right) => left - right);
}
