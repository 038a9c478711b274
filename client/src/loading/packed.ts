/**
 * The bytes of a module that stands in a file of JavaScript: deflated, and then as base64.
 *
 * Platforms have an inflater (`DecompressionStream`), but not all that have WebAssembly: not jsdom, not Safari before 16.4, not
 * Firefox before 113. This one is for all of them, and takes some milliseconds. It is no library's, since an import map would
 * have to name that one too.
 */

/** The bytes of a module: how many they are, and what `xtask wasm` wrote of them (RFC 1951). */
export function unpacked(length: number, deflated: string): BufferSource {
  const bytes = Uint8Array.from(atob(deflated), (character) => character.charCodeAt(0));
  const out = new Uint8Array(length);
  const end = inflate(bytes, out);
  if (end !== length) throw new Error(`a packed module has ${end} bytes in place of ${length}`);
  return out;
}

const damaged = () => new Error('a packed module is damaged');

/** The codes of an alphabet: how many there are of each length, and what they mean, in order. */
interface Codes {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

const CODE_BITS_MAX = 15;
const END_OF_BLOCK = 256;
/** In which order a block writes the lengths of the codes in which it writes the other lengths. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** The least length or distance that each symbol means, and how many bits follow that are added to it. */
function ranges(first: number, count: number, bitsOf: (at: number) => number): [number, number][] {
  let least = first;
  return Array.from({ length: count }, (_, at) => {
    const bits = bitsOf(at);
    const range: [number, number] = [least, bits];
    least += 1 << bits;
    return range;
  });
}

const LENGTHS = ranges(3, 28, (at) => Math.max(0, (at >> 2) - 1)).concat([[258, 0]]);
const DISTANCES = ranges(1, 30, (at) => Math.max(0, (at >> 1) - 1));

function codesOf(lengths: Uint8Array): Codes {
  const counts = new Uint16Array(CODE_BITS_MAX + 1);
  const symbols = new Uint16Array(lengths.length);
  let placed = 0;
  for (let bits = 1; bits <= CODE_BITS_MAX; bits++) {
    const before = placed;
    for (const [symbol, length] of lengths.entries())
      if (length === bits) symbols[placed++] = symbol;
    counts[bits] = placed - before;
  }
  return { counts, symbols };
}

/** Writes what `bytes` says to `out`, and returns how much that was; `out` is as long as it must be. */
function inflate(bytes: Uint8Array, out: Uint8Array): number {
  let at = 0;
  let end = 0;
  let held = 0;
  let heldBits = 0;

  function take(bits: number): number {
    while (heldBits < bits) {
      if (at >= bytes.length) throw damaged();
      held |= (bytes[at++] as number) << heldBits;
      heldBits += 8;
    }
    const value = held & ((1 << bits) - 1);
    held >>>= bits;
    heldBits -= bits;
    return value;
  }

  function symbol({ counts, symbols }: Codes): number {
    let code = 0;
    let first = 0;
    let before = 0;
    for (let bits = 1; bits <= CODE_BITS_MAX; bits++) {
      code |= take(1);
      const count = counts[bits] as number;
      if (code - first < count) return symbols[before + code - first] as number;
      before += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw damaged();
  }

  function storedBlock(): void {
    held = 0;
    heldBits = 0;
    const length = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    out.set(bytes.subarray(at + 4, at + 4 + length), end);
    at += 4 + length;
    end += length;
  }

  function block(literals: Codes, distances: Codes): void {
    while (end <= out.length) {
      const found = symbol(literals);
      if (found === END_OF_BLOCK) return;
      if (found < END_OF_BLOCK) {
        out[end++] = found;
        continue;
      }
      const [length, lengthBits] = LENGTHS[found - END_OF_BLOCK - 1] as [number, number];
      const stop = end + length + take(lengthBits);
      const [distance, distanceBits] = DISTANCES[symbol(distances)] as [number, number];
      let from = end - distance - take(distanceBits);
      if (from < 0 || stop > out.length) throw damaged();
      while (end < stop) out[end++] = out[from++] as number;
    }
    throw damaged();
  }

  /** The codes that a block brings with it. */
  function ownCodes(): [Codes, Codes] {
    const [literals, distances, written] = [take(5) + 257, take(5) + 1, take(4) + 4];
    const ofLengths = new Uint8Array(ORDER.length);
    for (let place = 0; place < written; place++) ofLengths[ORDER[place] as number] = take(3);
    const codes = codesOf(ofLengths);
    const lengths = new Uint8Array(literals + distances);
    for (let place = 0; place < lengths.length; ) {
      const found = symbol(codes);
      if (found < 16) {
        lengths[place++] = found;
        continue;
      }
      const repeated = found === 16 ? (lengths[place - 1] as number) : 0;
      const times = found === 16 ? 3 + take(2) : found === 17 ? 3 + take(3) : 11 + take(7);
      lengths.fill(repeated, place, place + times);
      place += times;
    }
    return [codesOf(lengths.subarray(0, literals)), codesOf(lengths.subarray(literals))];
  }

  for (let isLast = false; !isLast; ) {
    isLast = take(1) === 1;
    const kind = take(2);
    if (kind === 0) storedBlock();
    else if (kind === 1) block(...fixedCodes());
    else block(...ownCodes());
  }
  return end;
}

/** The codes of a block that brings none. */
function fixedCodes(): [Codes, Codes] {
  const bitsOf = (at: number) => (at < 144 ? 8 : at < 256 ? 9 : at < 280 ? 7 : 8);
  const literals = Uint8Array.from({ length: 288 }, (_, at) => bitsOf(at));
  return [codesOf(literals), codesOf(new Uint8Array(30).fill(5))];
}
