/**
 * A feed of whole degrees: waves that move over the field.
 *
 * Guarantees: of each frame exactly as many values differ from the frame before as were asked for, and the same seed
 * and the same frames give the same values. There is no clock in it.
 */
import { FIELD_COUNT, SIDE } from './field.js';

/** Degrees go from 0 to this. */
export const DEGREES_MAX = 100;

/** How far the waves move in one frame, in radians. */
const STEP = 0.03;

export class Source {
  /** The values of now, in the order of the paths. The same array all the time, written in place. */
  readonly values: Float64Array;
  /** Every field once, in an order by chance. */
  readonly #order: Uint32Array;
  #next = 0;
  #frame = 0;

  constructor(seed = 1) {
    this.values = Float64Array.from({ length: FIELD_COUNT }, (_, field) => wave(field, 0));
    this.#order = shuffled(FIELD_COUNT, seed);
  }

  /** Changes so many of the values, the next ones in order, each once. */
  advance(count: number): void {
    this.#frame += 1;
    for (let done = 0; done < Math.min(count, FIELD_COUNT); done += 1) {
      const field = this.#order[this.#next] ?? 0;
      this.#next = (this.#next + 1) % FIELD_COUNT;
      this.values[field] = other(wave(field, this.#frame * STEP), this.values[field]);
    }
  }
}

/** Where the waves are at a field, in whole degrees. */
function wave(field: number, phase: number): number {
  const x = (field % SIDE) / SIDE;
  const y = Math.floor(field / SIDE) / SIDE;
  const height = Math.sin(7 * x + phase) + Math.sin(5 * y - phase * 0.7) + Math.sin(6 * (x + y));
  return Math.round(((height + 3) / 6) * DEGREES_MAX);
}

/** The value that is wanted, or its neighbour where it is there already: a change has to be one. */
function other(wanted: number, present: number | undefined): number {
  if (wanted !== present) return wanted;
  return wanted === DEGREES_MAX ? wanted - 1 : wanted + 1;
}

/** The numbers from 0 in an order that the seed decides (Fisher and Yates, with an xorshift generator). */
function shuffled(length: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, at) => at);
  let random = seed;
  for (let last = length - 1; last > 0; last -= 1) {
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    const at = (random >>> 0) % (last + 1);
    const moved = order[last] ?? 0;
    order[last] = order[at] ?? 0;
    order[at] = moved;
  }
  return order;
}
