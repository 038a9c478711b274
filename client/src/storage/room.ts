/**
 * Where the browser has no more room: what can be had again gives way to what cannot.
 *
 * Browsers say how much room there is only roughly, or not at all, and at the end refuse the smallest write. So ballast is
 * stored before the first entry is. On a full device it is given back row by row to marks, removals and take-overs, and
 * never to entries or values: these are refused until the ballast is whole again.
 */
import type { Backend } from './backend.js';
import { BALLAST_ROW_BYTES, BALLAST_ROWS, PAUSE_MS_MAX, PAUSES_MAX } from './limits.js';
import { AimDbError } from '../errors.js';

/** Makes room at the cost of the cache: a little more each round; `false` where there is nothing more to be had. */
export type Shrink = (round: number) => Promise<boolean>;
/** Most bytes that a browser gives at random at a time. */
const RANDOM_BYTES_MAX = 65_536;

export class Room {
  readonly #backend: Backend;
  /** Whether the ballast was whole when it was last looked at. In memory there is none. */
  #isWhole: boolean;

  constructor(backend: Backend) {
    this.#backend = backend;
    this.#isWhole = backend.kind === 'memory';
  }

  /** Does what takes room: the cache gives way to it, the ballast does not. */
  async spend<T>(shrink: Shrink, work: () => Promise<T>): Promise<T> {
    for (let round = 0; ; round++) {
      try {
        await this.#fill();
        return await work();
      } catch (thrown) {
        if (!isFull(thrown) || !(await shrink(round))) throw thrown;
      }
    }
  }

  /** Does what must be possible on a full device. */
  async force<T>(work: () => Promise<T>): Promise<T> {
    for (let pauses = 0; ; ) {
      try {
        return await work();
      } catch (thrown) {
        if (!isFull(thrown)) throw thrown;
        if (await this.#release()) continue;
        // Browsers give back what was removed when they tidy up, which they do after some more tries and some time.
        if (pauses === PAUSES_MAX || this.#backend.kind === 'memory') throw thrown;
        await new Promise((resolve) => setTimeout(resolve, Math.min(2 ** pauses, PAUSE_MS_MAX)));
        pauses += 1;
      }
    }
  }

  /** Makes the ballast whole: nothing else may have its room. */
  async #fill(): Promise<void> {
    if (this.#isWhole) return;
    for (let number = 0; number < BALLAST_ROWS; number++) {
      // Each in a transaction of its own: where there is room for some of it, some of it is there.
      await this.#backend.run(['ballast'], 'relaxed', async (transaction) => {
        if (await transaction.get('ballast', [number])) return;
        await transaction.put('ballast', { number, bytes: incompressible() });
      });
    }
    this.#isWhole = true;
  }

  /** Gives back a row, by a transaction that only removes: such a one needs no room. */
  #release(): Promise<boolean> {
    if (this.#backend.kind === 'memory') return Promise.resolve(false);
    this.#isWhole = false;
    return this.#backend.run(['ballast'], 'relaxed', async (transaction) => {
      for (let number = 0; number < BALLAST_ROWS; number++) {
        if (!(await transaction.get('ballast', [number]))) continue;
        await transaction.remove('ballast', [number]);
        return true;
      }
      return false;
    });
  }
}

export function isFull(thrown: unknown): thrown is AimDbError {
  return thrown instanceof AimDbError && thrown.code === 'STORAGE_FULL';
}

function incompressible(): Uint8Array {
  const bytes = new Uint8Array(BALLAST_ROW_BYTES);
  for (let at = 0; at < bytes.length; at += RANDOM_BYTES_MAX) {
    crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES_MAX));
  }
  return bytes;
}
