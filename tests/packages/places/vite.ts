/** Vite, in development and built. */
import type { Place } from './place.js';
import { REACT } from './react.js';

const VERSIONS = { 5: '5.4.21', 6: '6.4.6', 7: '7.3.8', 8: '8.4.0' };

/** Before 8 the optimizer of the development server leaves the wasm behind, and what is run is its copy in JavaScript. */
const DETOUR = {
  needs:
    "nothing; `optimizeDeps: { exclude: ['@aimdb/wasm'] }` saves the detour that its console tells of",
  tells: /exclude: \["@aimdb\/wasm"\]/,
};

export const vite: readonly Place[] = Object.entries(VERSIONS).flatMap(([major, version]) => {
  const app = {
    name: `vite-${major}`,
    packages: { ...REACT, vite: version },
    sources: ['page'],
    settings: { type: 'module' },
  };
  const common = { app, tried: version };
  const server = ['vite', '--host', '127.0.0.1', '--port', '0'] as const;
  const { needs, ...tells } = Number(major) < 8 ? DETOUR : { needs: 'nothing' };
  return [
    {
      ...common,
      name: `Vite ${major}, development`,
      needs,
      check: { kind: 'serves', command: server, ...tells },
    },
    {
      ...common,
      name: `Vite ${major}, build`,
      needs: 'nothing',
      check: { kind: 'builds', commands: [['vite', 'build']], folder: 'dist' },
    },
  ] satisfies Place[];
});
