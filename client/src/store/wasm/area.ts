/**
 * Where things stand in the module's memory, and the numbers that both sides use.
 *
 * The same list is in `pipeline/wasm/src/header.rs`: a list's address is followed by its length.
 */
import type { Pipeline } from '../../../wasm/pipeline.js';

/** Words of the header. */
export const WORD = {
  inputPaths: 0,
  inputKinds: 1,
  inputNumbers: 2,
  inputSenders: 3,
  textArea: 4,
  keptCount: 5,
  changePaths: 6,
  changeKinds: 8,
  changeNumbers: 9,
  changeLineages: 10,
  changeSenders: 11,
  conditions: 12,
  holds: 14,
  choices: 15,
  leaves: 17,
  texts: 18,
  validators: 20,
  listeners: 22,
  planStarts: 24,
  planChanges: 25,
  planStrips: 26,
  freedPaths: 27,
  freedTexts: 29,
  freedSlots: 31,
  ids: 33,
  text: 35,
  failureCode: 37,
  failureNumber: 38,
  failurePath: 39,
  failureOther: 41,
} as const;

/** Kinds of values. */
export const KIND = {
  undefined: 1,
  null: 2,
  bool: 3,
  number: 4,
  text: 5,
  slot: 6,
  object: 7,
  array: 8,
} as const;

/** Set on the kind of an entry that lies below the object or array written just before it. */
export const PART = 0x80;
/** No id, no slot. */
export const NONE = 0xffff_ffff;

/** What a batch brings beside paths and numbers. */
export const HAS_KINDS = 1;
export const HAS_SENDERS = 2;

/** What became of a batch or a registration. */
export const UNCHANGED = 0;
export const REFUSED = 2;

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
