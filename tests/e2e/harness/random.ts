/** Random numbers from a seed: a story that failed can be told once more. */

/** A generator of numbers from 0 to below 1 (mulberry32). */
export function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** The seed that the environment names, or a new one. */
export function givenSeed(): number {
  return Number(process.env.AIMDB_SEED ?? Math.floor(Math.random() * 0x1_0000_0000));
}
