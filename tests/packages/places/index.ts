/** All places, in the order of the table. */
import { bundlers } from './bundlers.js';
import { next } from './next.js';
import { pages } from './pages.js';
import type { Place } from './place.js';
import { programs } from './programs.js';
import { react } from './react.js';
import { typescript } from './typescript.js';
import { vite } from './vite.js';

export const places: readonly Place[] = [
  ...vite,
  ...bundlers,
  ...next,
  ...react,
  ...pages,
  ...programs,
  ...typescript,
];

/** The table as the documentation has it. */
export function table(): string {
  const rows = places.map(({ name, tried, needs, broken }) => {
    const needed = broken === undefined ? needs : `does not work: ${broken.why}`;
    return `| ${name} | ${tried} | ${needed} |`;
  });
  return ['| place | tried with | needs |', '|---|---|---|', ...rows].join('\n');
}
