/** Where the browser has no more room: what can be had again gives way to what cannot. */
import { AimDbError } from '../errors.js';

/** Makes room at the cost of the cache: a little more each round; `false` where there is nothing more to be had. */
export type Shrink = (round: number) => Promise<boolean>;

/** Tries work until there is room for it, or nothing left that could give way. */
export async function withRoom<T>(shrink: Shrink, work: () => Promise<T>): Promise<T> {
  for (let round = 0; ; round++) {
    try {
      return await work();
    } catch (thrown) {
      if (!isFull(thrown) || !(await shrink(round))) throw thrown;
    }
  }
}

export function isFull(thrown: unknown): thrown is AimDbError {
  return thrown instanceof AimDbError && thrown.code === 'STORAGE_FULL';
}
