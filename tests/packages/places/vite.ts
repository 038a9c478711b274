/** Vite, in development and built. */
import type { Place } from './place.js';
import { REACT } from './react.js';

const VERSIONS = { 5: '5.4.21', 6: '6.4.6', 7: '7.3.8', 8: '8.4.0' };

export const vite: readonly Place[] = Object.entries(VERSIONS).flatMap(([major, version]) => {
  const app = {
    name: `vite-${major}`,
    packages: { ...REACT, vite: version },
    sources: ['page'],
    settings: { type: 'module' },
  };
  const common = { app, tried: version, needs: 'nothing' };
  const server = ['vite', '--host', '127.0.0.1', '--port', '0'] as const;
  return [
    {
      ...common,
      name: `Vite ${major}, development`,
      check: { kind: 'serves', command: server },
      ...(Number(major) < 8 && { broken: 'its optimizer leaves the wasm behind' }),
    },
    {
      ...common,
      name: `Vite ${major}, build`,
      check: { kind: 'builds', commands: [['vite', 'build']], folder: 'dist' },
    },
  ] satisfies Place[];
});
