/**
 * Where the browser has no more room: what can be had again gives way to what cannot.
 *
 * The last of it is left to marks, removals and take-overs: a device that is full must still be able to empty its outbox.
 */
import { full } from './errors.js';
import { ROOM_BYTES_RESERVED } from './limits.js';
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

/** What the browser gives this origin, and what of it is used, as far as it says. */
export async function roomTold(): Promise<globalThis.StorageEstimate> {
  try {
    return (await globalThis.navigator?.storage?.estimate?.()) ?? {};
  } catch {
    // Pages without an origin have none.
    return {};
  }
}

/** Room for entries and values. */
export class Room {
  /** Bytes that may be taken before the browser is asked again. */
  #spare: number;

  /** `true` where there is a limit at all. */
  constructor(isLimited: boolean) {
    this.#spare = isLimited ? 0 : Number.POSITIVE_INFINITY;
  }

  /** Takes room, or refuses where only what is reserved would be left. */
  async take(bytes: number): Promise<void> {
    if (bytes > this.#spare) {
      const { quota = Number.POSITIVE_INFINITY, usage = 0 } = await roomTold();
      const left = quota - usage - ROOM_BYTES_RESERVED;
      if (bytes > left) throw full('quota');
      // Other tabs take of the same room: half of it is asked for again.
      this.#spare = (left + bytes) / 2;
    }
    this.#spare = Math.max(0, this.#spare - bytes);
  }
}
