/** Colours of degrees, from cold to hot: the same on the map and in the cells. */
import { DEGREES_MAX } from './source.js';

/** Where the palette passes through, evenly spaced: red, green, blue. */
const STOPS: readonly (readonly [number, number, number])[] = [
  [24, 32, 74],
  [36, 92, 150],
  [44, 160, 140],
  [232, 190, 70],
  [214, 60, 48],
];

type Color = readonly [red: number, green: number, blue: number];

/** The colour of each whole degree. */
export const PALETTE: readonly Color[] = Array.from({ length: DEGREES_MAX + 1 }, (_, degrees) =>
  between((degrees / DEGREES_MAX) * (STOPS.length - 1)),
);

const BLACK: Color = [0, 0, 0];

export function colorOf(degrees: number): Color {
  return PALETTE[degrees] ?? BLACK;
}

function between(place: number): Color {
  const below = Math.min(Math.floor(place), STOPS.length - 2);
  const [from = BLACK, to = BLACK] = STOPS.slice(below, below + 2);
  const mix = (at: 0 | 1 | 2) => Math.round(from[at] + (to[at] - from[at]) * (place - below));
  return [mix(0), mix(1), mix(2)];
}
