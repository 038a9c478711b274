/** The engine's scratch area, seen from here: one value's fields as numbers, its version, a count. */

/** Most fields of a contract that crosses as numbers. */
export const SLOTS_MAX = 64;
/** Where the version of the value stands that was just read. */
export const VERSION = SLOTS_MAX;
/** Where the number of missed values stands. */
export const MISSED = SLOTS_MAX + 1;

const LENGTH = SLOTS_MAX + 2;

export class Scratch {
  /**
   * Counts who used the area. Reading a value to be written may run its getters, and those may use
   * the area too: the writer then finds another count and starts over on the general path.
   */
  uses = 0;
  #memory: WebAssembly.Memory;
  #address: number;
  #numbers: Float64Array;

  constructor(memory: WebAssembly.Memory, address: number) {
    this.#memory = memory;
    this.#address = address;
    this.#numbers = new Float64Array(memory.buffer, address, LENGTH);
  }

  /** The area. To be fetched again after a call of the engine, which may replace its memory. */
  numbers(): Float64Array {
    // A view dies, with length 0, when the memory grows.
    if (this.#numbers.length === 0) {
      this.#numbers = new Float64Array(this.#memory.buffer, this.#address, LENGTH);
    }
    return this.#numbers;
  }
}
