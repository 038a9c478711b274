/** What compilers make of the types: strict, all declarations looked at, by each way of finding a package. */
import type { Command } from '../harness/command.js';
import type { Place } from './place.js';
import { REACT } from './react.js';

const VERSIONS = [
  ['5.4', '5.4.5'],
  ['5.9', '5.9.3'],
  ['7', '7.0.2'],
] as const;

/** The same file as CommonJS, in a package of modules. */
const COPY: Command = [
  ...(['node', '--input-type=commonjs', '-e'] as const),
  "require('node:fs').copyFileSync('app.ts', 'app.cts')",
];

/** The settings of `apps/typescript`, and since when a compiler no longer has them. */
const SETTINGS = [
  { name: 'bundler', says: '`moduleResolution: bundler`' },
  { name: 'nodenext', says: '`nodenext` in an ES module' },
  { name: 'nodenext-commonjs', says: '`nodenext` in CommonJS' },
  { name: 'node10', says: '`node10`', until: '7' },
  { name: 'commonjs', says: '`module: commonjs` with `node10`', until: '7' },
];

export const typescript: readonly Place[] = VERSIONS.flatMap(([version, exact]) => {
  const app = {
    name: `typescript-${version}`,
    packages: { ...REACT, typescript: exact, '@types/react': '19.3.3' },
    sources: ['typescript'],
    settings: { type: 'module' },
  };
  const rows = SETTINGS.filter(({ until }) => until !== version);
  return rows.map(
    ({ name, says }): Place => ({
      name: `TypeScript ${version}, ${says}`,
      tried: exact,
      needs: 'nothing',
      app,
      check: {
        kind: 'runs',
        commands: [COPY, ['tsc', '-p', `tsconfig.${name}.json`]],
        prints: /^$/,
      },
    }),
  );
});
