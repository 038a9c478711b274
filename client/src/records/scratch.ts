/**
 * The engine's scratch area, seen from here: one value's fields as numbers, its version, a count; and
 * beside it the numbers of records that changed.
 */
import { CHANGES_MAX, SCRATCH_LENGTH } from '../numbers.js';

export class Scratch {
  /**
   * Counts who used the area. Reading a value to be written may run its getters, and those may use
   * the area too: the writer then finds another count and starts over on the general path.
   */
  uses = 0;
  #memory: WebAssembly.Memory;
  #address: number;
  #numbers: Float64Array;
  #changesAddress: number;
  #changes: Uint32Array;

  constructor(memory: WebAssembly.Memory, address: number, changesAddress: number) {
    this.#memory = memory;
    this.#address = address;
    this.#changesAddress = changesAddress;
    this.#numbers = new Float64Array(memory.buffer, address, SCRATCH_LENGTH);
    this.#changes = new Uint32Array(memory.buffer, changesAddress, CHANGES_MAX);
  }

  /** The area. To be fetched again after a call of the engine, which may replace its memory. */
  numbers(): Float64Array {
    // A view dies, with length 0, when the memory grows.
    if (this.#numbers.length === 0) {
      this.#numbers = new Float64Array(this.#memory.buffer, this.#address, SCRATCH_LENGTH);
    }
    return this.#numbers;
  }

  /** A slice of a record's past, until the next call of the engine. */
  past(address: number, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, address, length);
  }

  /** The numbers of changed records; to be fetched again after a call of the engine. */
  changes(): Uint32Array {
    if (this.#changes.length === 0) {
      this.#changes = new Uint32Array(this.#memory.buffer, this.#changesAddress, CHANGES_MAX);
    }
    return this.#changes;
  }
}
