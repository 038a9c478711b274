/** Versions of React. */
import type { Place } from './place.js';

/** The React of an app that tries something else. */
export const REACT = { react: '19.3.1', 'react-dom': '19.3.1' };

const VERSIONS = [
  ['18.2', '18.2.0'],
  ['18.3', '18.3.1'],
  ['19', '19.3.1'],
] as const;
/** The types of the version, as its apps install them. */
const TYPES = { '18.2': '18.2.79', '18.3': '18.3.32', '19': '19.3.3' };

export const react: readonly Place[] = VERSIONS.flatMap(([name, version]) => {
  const types = TYPES[name];
  const app = {
    name: `react-${name}`,
    packages: {
      react: version,
      'react-dom': version,
      '@types/react': types,
      typescript: '5.9.3',
      vite: '8.4.0',
    },
    sources: ['page', 'typescript'],
    settings: { type: 'module' },
  };
  const common = { app, needs: 'nothing' };
  return [
    {
      ...common,
      name: `React ${name}`,
      tried: version,
      check: { kind: 'builds', commands: [['vite', 'build']], folder: 'dist' },
    },
    {
      ...common,
      name: `React ${name}, types`,
      // The newest ones every row of TypeScript has.
      isSlow: name === '19',
      tried: `@types/react ${types}`,
      check: { kind: 'runs', commands: [['tsc', '-p', 'tsconfig.bundler.json']], prints: /^$/ },
    },
  ] satisfies Place[];
});
