/** A block of bytes that grows as it is written: little-endian numbers, texts behind their length. */
import { bytesMax, writeText } from './text.js';

export class Bytes {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  /** What was written. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = byte;
  }

  count(count: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.length, count, true);
    this.length += 4;
  }

  number(number: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.length, number, true);
    this.length += 8;
  }

  text(text: string): void {
    this.#reserve(4 + bytesMax(text));
    const start = this.length;
    this.length += 4;
    this.length += writeText(text, this.#bytes, this.length);
    this.#view.setUint32(start, this.length - start - 4, true);
  }

  list<Item>(items: readonly Item[] | undefined, write: (item: Item) => void): void {
    this.count(items?.length ?? 0);
    items?.forEach(write);
  }

  optional<Item>(item: Item | undefined, write: (item: Item) => void): void {
    this.byte(item === undefined ? 0 : 1);
    if (item !== undefined) write(item);
  }

  #reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + more));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
