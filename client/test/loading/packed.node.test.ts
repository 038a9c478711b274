/** The inflater of packed modules, against zlib. */
import { constants, deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
// What the files of `wasm/` import.
import { unpacked } from '../../dist/loading/packed.js';

/** Numbers from a seed (xorshift). */
function numbers(seed: number): (below: number) => number {
  let state = seed * 2654435761 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Bytes of a kind: noise, few symbols, repeats from near and far. */
function bytesFrom(seed: number): Uint8Array {
  const below = numbers(seed);
  const bytes: number[] = [];
  const length = below(3) === 0 ? below(20) : below(100_000);
  while (bytes.length < length) {
    const kind = below(3);
    if (kind === 0) for (let n = below(300); n > 0; n--) bytes.push(below(256));
    if (kind === 1) for (let n = below(300); n > 0; n--) bytes.push(below(3));
    if (kind === 2 && bytes.length > 0) {
      const start = below(bytes.length);
      for (let n = below(600), at = start; n > 0; n--) bytes.push(bytes[at++] as number);
    }
  }
  return Uint8Array.from(bytes);
}

test('what zlib deflates at any level and by any strategy comes out as it was', () => {
  const strategies = [
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FIXED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
  ];
  const first = Number(process.env.AIMDB_SEED ?? 1);
  console.log(`[packed] bytes from seed ${first} on; AIMDB_SEED chooses another`);
  for (let seed = first; seed < first + 80; seed++) {
    const bytes = bytesFrom(seed);
    const strategy = strategies[seed % strategies.length] as number;
    const deflated = deflateRawSync(bytes, { level: seed % 10, strategy });
    const out = unpacked(bytes.length, deflated.toString('base64')) as Uint8Array;
    expect(Buffer.compare(out, bytes), `seed ${seed}`).toBe(0);
  }
});

test('a text that is damaged, cut off, or of another length is an error and ends', () => {
  const bytes = bytesFrom(7);
  const deflated = deflateRawSync(bytes);
  const text = deflated.toString('base64');
  expect(() => unpacked(bytes.length + 1, text)).toThrow('in place of');
  expect(() => unpacked(bytes.length, text.slice(0, 400))).toThrow();
  const below = numbers(3);
  for (let time = 0; time < 200; time++) {
    const other = Buffer.from(deflated);
    const at = below(other.length);
    other[at] = (other[at] as number) ^ (1 << below(8));
    try {
      expect(unpacked(bytes.length, other.toString('base64'))).toHaveLength(bytes.length);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
  }
});
