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
  readonly #bound = new WeakSet<StorageChange>();
  #between: (() => void)[] = [];
  #isBusy = false;
  /** So many of the changes were asked for while this tab sent, and it does not any more. */
  #disowned = 0;

  constructor(storage: WriteStorage, done: Done, report: (error: AimDbError) => void) {
    this.#storage = storage;
    this.#done = done;
    this.#report = report;
  }

  /** With `isWithLast` it is made only if the change before it is. */
  add(change: StorageChange, isWithLast = false): void {
    if (isWithLast && this.#changes.length > 0) this.#bound.add(change);
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
        const [group = []] = this.#groupsOf(this.#changes);
        this.#changes.splice(0, group.length);
        this.#disowned = Math.max(0, this.#disowned - group.length);
        await this.#keepDisowned(group);
        continue;
      }
      const changes = this.#changes;
      this.#changes = [];
      const groups = this.#groupsOf(changes);
      const isKept = await this.#keep(changes, groups.length === 1);
      if (!isKept && groups.length > 1) {
        for (const group of groups) await this.#keep(group, true);
      }
      for (const work of this.#between.splice(0)) work();
    }
    this.#isBusy = false;
  }

  #groupsOf(changes: readonly StorageChange[]): StorageChange[][] {
    const groups: StorageChange[][] = [];
    for (const change of changes) {
      if (this.#bound.has(change)) groups.at(-1)?.push(change);
      else groups.push([change]);
    }
    return groups;
  }

  /** `group` is a change, and what is made only if it is. */
  async #keepDisowned(group: StorageChange[]): Promise<void> {
    const [change, ...rest] = group;
    if (!change) return;
    if ('put' in change) {
      const isNew = change.put.write === 0;
      const unmarked = { put: { ...change.put, handedOver: false } };
      if (isNew) await this.#keep([unmarked, ...rest], true);
      else this.#done(1, false, NO_NUMBERS);
      // How the server answered stays true, whoever sends; what was dropped another may have sent.
    } else if ('remove' in change && change.settled.outcome === 'dropped') {
      this.#done(1, false, NO_NUMBERS);
    } else await this.#keep(group, true);
  }

  /** Whether they were kept; where `isLast`, it is told that they were not. */
  async #keep(changes: readonly StorageChange[], isLast: boolean): Promise<boolean> {
    // The engine asked for all but the end of letters.
    const asked = changes.filter((change) => !('forget' in change)).length;
    try {
      const numbers = (await this.#storage.keep(changes)) ?? NO_NUMBERS;
      if (this.#storage.shared) needNumbers(changes, numbers);
      this.#done(asked, true, numbers);
      return true;
    } catch (cause) {
      if (isLast) {
        const error = asError(cause);
        // What only the tab does that sends, that one does.
        const isOthers = this.#storage.shared && error.code === 'STORAGE_TAKEN_OVER';
        if (!isOthers) this.#report(error);
        this.#done(asked, false, NO_NUMBERS);
      }
      return false;
    }
  }
}

/** A write without a number of its own would wait for ever, and nobody would be told. */
function needNumbers(changes: readonly StorageChange[], numbers: unknown): void {
  const asked = changes.filter((change) => 'put' in change && change.put.write === 0).length;
  const given: unknown[] = Array.isArray(numbers) ? numbers : [];
  const isOne = (number: unknown) => Number.isSafeInteger(number) && (number as number) > 0;
  const areGood = given.every(isOne) && new Set(given).size === given.length;
  if (areGood && given.length === asked) return;
  const message = `the storage gave no numbers for ${asked} writes: its \`keep\` has to give one for each that has none`;
  throw new AimDbError('STORAGE_FAILED', message);
}

function asError(cause: unknown): AimDbError {
  if (cause instanceof AimDbError) return cause;
  return new AimDbError('STORAGE_FAILED', `a write cannot be kept: ${wordsOf(cause)}`, { cause });
}
