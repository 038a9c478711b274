/** The module's memory, and where things stand in it: the words of `numbers.ts` say that. */
import type { Pipeline } from '../../../wasm/pipeline.js';

/**
 * The module's memory. All engines of a thread share it, and any call of any of them may replace it: its views are
 * fetched for each use, and kept in a variable only where no call comes between.
 */
export class Area {
  readonly #memory: WebAssembly.Memory;
  readonly #header: number;
  #u8 = new Uint8Array();
  #u32 = new Uint32Array();
  #f64 = new Float64Array();

  constructor(memory: WebAssembly.Memory, pipeline: Pipeline) {
    this.#memory = memory;
    this.#header = pipeline.header() >>> 2;
  }

  get u8(): Uint8Array {
    // A view dies, with length 0, when the memory grows.
    if (this.#u8.length === 0) this.#u8 = new Uint8Array(this.#memory.buffer);
    return this.#u8;
  }

  get u32(): Uint32Array {
    if (this.#u32.length === 0) this.#u32 = new Uint32Array(this.#memory.buffer);
    return this.#u32;
  }

  get f64(): Float64Array {
    if (this.#f64.length === 0) this.#f64 = new Float64Array(this.#memory.buffer);
    return this.#f64;
  }

  /** One word of the header. */
  word(word: number): number {
    return this.u32[this.#header + word] as number;
  }

  /** The number at `index` of the array of u32 that a word points to. */
  u32At(word: number, index: number): number {
    return this.u32[(this.word(word) >>> 2) + index] as number;
  }

  u8At(word: number, index: number): number {
    return this.u8[this.word(word) + index] as number;
  }

  f64At(word: number, index: number): number {
    return this.f64[(this.word(word) >>> 3) + index] as number;
  }

  /** How long the list of a word is. */
  count(word: number): number {
    return this.word(word + 1);
  }

  /** A copy of the list of u32 of a word. */
  list(word: number): number[] {
    const start = this.word(word) >>> 2;
    const end = start + this.count(word);
    const { u32 } = this;
    const list: number[] = [];
    for (let at = start; at < end; at++) list.push(u32[at] as number);
    return list;
  }

  /** The bytes of a word's list, until the next call. */
  bytes(word: number): Uint8Array {
    const start = this.word(word);
    return this.u8.subarray(start, start + this.count(word));
  }
}
