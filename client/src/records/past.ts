/**
 * The past of a ring, read from the engine in slices from its end: numbers as numbers, what does not fit them as JSON text.
 *
 * Guarantees: at no time is there more than one slice of it on its way, so that a full ring of a million values takes no more
 * memory than its values here. Does not: give way to anybody; nothing is written meanwhile.
 */
import type { Engine } from '../../wasm/engine.js';
import type { Flat } from './flat.js';
import { PAST_NUMBERS_MAX, PAST_UNFIT } from '../numbers.js';
import { deepFreeze } from '../plain.js';
import type { Scratch } from './scratch.js';

/** So many values cross as text at first, whose length is not known. */
const TEXTS_FIRST = 16;
/** So many characters are to cross at once: the next slice is as long as the values of the last one let it be. */
const CHARACTERS_WANTED = 128 * 1024;
const TEXTS_MAX = 4096;

/** The newest values of a record up to a version, at most `length`, oldest first. */
export function pastOf(
  engine: Engine,
  scratch: Scratch,
  record: number,
  flat: Flat | null,
  version: number,
  length: number,
): unknown[] {
  const read = flat ? numbersOf(engine, scratch, record, flat) : textsOf(engine, record);
  const slices: unknown[][] = [];
  for (let left = length; left > 0; ) {
    const { asked, values } = read(version - (length - left), left);
    slices.push(values);
    if (values.length < asked) break;
    left -= asked;
  }
  // No values: the engine gives the memory of the slices back.
  if (flat) engine.pastSlots(record, 0, 0);
  return slices.length === 1 ? (slices[0] as unknown[]) : slices.reverse().flat();
}

/** Reads a slice that ends with a version: how many values it asked for, and those that there are. */
type ReadSlice = (until: number, left: number) => { asked: number; values: unknown[] };

function numbersOf(engine: Engine, scratch: Scratch, record: number, flat: Flat): ReadSlice {
  const asText = textsOf(engine, record);
  const { width } = flat;
  return (until, left) => {
    const asked = Math.min(left, Math.floor(PAST_NUMBERS_MAX / width));
    const count = engine.pastSlots(record, until, asked);
    if (count === PAST_UNFIT) return asText(until, left);
    const numbers = scratch.past(engine.past, count * width);
    const values: unknown[] = [];
    for (let at = 0; at < count; at++) values.push(flat.read(numbers, at * width));
    return { asked, values };
  };
}

function textsOf(engine: Engine, record: number): ReadSlice {
  let next = TEXTS_FIRST;
  return (until, left) => {
    const asked = Math.min(left, next);
    const text = engine.pastJson(record, until, asked);
    const fitting = Math.floor((CHARACTERS_WANTED * asked) / text.length);
    next = Math.max(1, Math.min(fitting, TEXTS_MAX));
    const values = JSON.parse(text) as unknown[];
    for (const value of values) deepFreeze(value);
    return { asked, values };
  };
}
