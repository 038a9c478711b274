/**
 * The writes of a bridge on their way to a device that keeps them.
 *
 * Guarantees: changes reach the storage in their order, those of one turn together, one transaction after the other; a
 * change that cannot be made alone does not take others with it; what others did is heard between two transactions, when it is known
 * what the first has become. Does not: keep anything; the storage does.
 */
import { AimDbError, wordsOf } from '../errors.js';
import { soon } from '../turn.js';
import type { StorageChange, WriteStorage } from '../types.js';

/** Hears how many changes were made, or could not be, in their order, and the numbers that writes were given. */
export type Done = (count: number, isDone: boolean, numbers: readonly number[]) => void;

const NO_NUMBERS: readonly number[] = [];

export class Keeping {
  #storage: WriteStorage;
  #done: Done;
  #report: (error: AimDbError) => void;
  #changes: StorageChange[] = [];
  #between: (() => void)[] = [];
  #isBusy = false;
  /** So many of the changes were asked for while this tab sent, and it does not any more. */
  #disowned = 0;

  constructor(storage: WriteStorage, done: Done, report: (error: AimDbError) => void) {
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

  /** Does something when no transaction is under way. */
  between(work: () => void): void {
    if (this.#isBusy) this.#between.push(work);
    else work();
  }

  /** Another tab sends: of what is asked for so far only new writes are kept, though it may send again before their turn. */
  disown(): void {
    this.#disowned = this.#changes.length;
  }

  async #keepAll(): Promise<void> {
    while (this.#changes.length > 0) {
      if (this.#disowned > 0) {
        this.#disowned -= 1;
        await this.#keepDisowned(this.#changes.splice(0, 1));
        continue;
      }
      const changes = this.#changes;
      this.#changes = [];
      const isKept = await this.#keep(changes, changes.length === 1);
      if (!isKept && changes.length > 1) {
        for (const change of changes) await this.#keep([change], true);
      }
      for (const work of this.#between.splice(0)) work();
    }
    this.#isBusy = false;
  }

  async #keepDisowned([change]: StorageChange[]): Promise<void> {
    if (!change) return;
    if ('put' in change) {
      const isNew = change.put.write === 0;
      if (isNew) await this.#keep([{ put: { ...change.put, handedOver: false } }], true);
      else this.#done(1, false, NO_NUMBERS);
      // How the server answered stays true, whoever sends; what was dropped another may have sent.
    } else if ('remove' in change && change.settled.outcome === 'dropped') {
      this.#done(1, false, NO_NUMBERS);
    } else await this.#keep([change], true);
  }

  /** Whether they were kept; where `isLast`, it is told that they were not. */
  async #keep(changes: readonly StorageChange[], isLast: boolean): Promise<boolean> {
    try {
      const numbers = await this.#storage.keep(changes);
      this.#done(changes.length, true, numbers ?? NO_NUMBERS);
      return true;
    } catch (cause) {
      if (isLast) {
        const error = asError(cause);
        // What only the tab does that sends, that one does.
        const isOthers = this.#storage.shared && error.code === 'STORAGE_TAKEN_OVER';
        if (!isOthers) this.#report(error);
        this.#done(changes.length, false, NO_NUMBERS);
      }
      return false;
    }
  }
}

function asError(cause: unknown): AimDbError {
  if (cause instanceof AimDbError) return cause;
  return new AimDbError('STORAGE_FAILED', `a write cannot be kept: ${wordsOf(cause)}`, { cause });
}
