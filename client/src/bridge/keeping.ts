/**
 * The writes of a bridge on their way to a device that keeps them.
 *
 * Guarantees: changes reach the storage in their order, those of one turn together, one transaction after the other; a
 * change that cannot be made alone does not take others with it. Does not: keep anything; the storage does.
 */
import { AimDbError, wordsOf } from '../errors.js';
import { soon } from '../turn.js';
import type { StorageChange, WriteStorage } from '../types.js';

export class Keeping {
  #storage: WriteStorage;
  #done: (count: number, isDone: boolean) => void;
  #report: (error: AimDbError) => void;
  #changes: StorageChange[] = [];
  #isBusy = false;

  /** `done` hears how many changes were made, or could not be, in their order. */
  constructor(
    storage: WriteStorage,
    done: (count: number, isDone: boolean) => void,
    report: (error: AimDbError) => void,
  ) {
    this.#storage = storage;
    this.#done = done;
    this.#report = report;
  }

  add(change: StorageChange): void {
    this.#changes.push(change);
    if (this.#isBusy) return;
    this.#isBusy = true;
    // What else this turn brings goes along.
    soon(() => void this.#keepAll());
  }

  async #keepAll(): Promise<void> {
    while (this.#changes.length > 0) {
      const changes = this.#changes;
      this.#changes = [];
      if (await this.#keep(changes, changes.length === 1)) this.#done(changes.length, true);
      else if (changes.length > 1) await this.#keepEach(changes);
    }
    this.#isBusy = false;
  }

  async #keepEach(changes: readonly StorageChange[]): Promise<void> {
    for (const change of changes) {
      if (await this.#keep([change], true)) this.#done(1, true);
    }
  }

  /** Whether they were kept; where `isLast`, it is told that they were not. */
  async #keep(changes: readonly StorageChange[], isLast: boolean): Promise<boolean> {
    try {
      await this.#storage.keep(changes);
      return true;
    } catch (cause) {
      if (isLast) {
        this.#report(asError(cause));
        this.#done(changes.length, false);
      }
      return false;
    }
  }
}

function asError(cause: unknown): AimDbError {
  if (cause instanceof AimDbError) return cause;
  return new AimDbError('STORAGE_FAILED', `a write cannot be kept: ${wordsOf(cause)}`, { cause });
}
