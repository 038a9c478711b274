/** A device of a test, in memory: what it has outlives the databases that write to it. */
import {
  AimDbError,
  type StorageChange,
  type StoredLetter,
  type StoredWrite,
  type WriteStorage,
} from '@aimdb/wasm';

/** A device of a test: what it has outlives the databases that write to it. */
export class Device {
  readonly kept = new Map<number, StoredWrite>();
  readonly letters = new Map<number, StoredLetter>();
  readonly client = `device-${Math.random().toString(36).slice(2)}`;
  epoch = 0;
  last = 0;
  /** Whether it has no room for more. */
  isFull = false;
  /** Whether removals are lost, as those of a tab that dies before they are done. */
  forgetsNothing = false;

  /** Its face towards the next tab. */
  open(): WriteStorage {
    this.epoch += 1;
    const mine = this.epoch;
    return {
      client: this.client,
      epoch: this.epoch,
      nextWrite: this.last + 1,
      writes: [...this.kept.values()].sort((one, next) => one.write - next.write),
      letters: [...this.letters.values()],
      keep: async (changes: readonly StorageChange[]): Promise<void> => {
        await Promise.resolve();
        if (mine !== this.epoch) return new Promise(() => {});
        if (
          this.isFull &&
          changes.some((change) => 'put' in change && !this.kept.has(change.put.write))
        ) {
          throw new AimDbError('STORAGE_FAILED', 'there is no room');
        }
        for (const change of changes) {
          if ('forget' in change) {
            this.letters.delete(change.forget);
          } else if ('remove' in change) {
            if (this.forgetsNothing) continue;
            this.kept.delete(change.remove);
            if (change.letter) this.letters.set(change.remove, change.letter);
          } else {
            this.kept.set(change.put.write, change.put);
            this.last = Math.max(this.last, change.put.write);
          }
        }
      },
    };
  }
}
