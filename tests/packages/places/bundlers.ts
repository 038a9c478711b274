/** Bundlers that write files which any host serves. */
import type { Place } from './place.js';
import { REACT } from './react.js';

const settings = { type: 'module' };
const sources = ['page', 'bundlers'];

export const bundlers: readonly Place[] = [
  {
    name: 'webpack 5',
    tried: '5.113.0',
    needs: 'nothing',
    app: {
      name: 'webpack',
      packages: { ...REACT, webpack: '5.113.0', 'webpack-cli': '7.3.1' },
      sources,
    },
    check: {
      kind: 'builds',
      commands: [['webpack']],
      folder: 'dist',
      copies: ['index.html'],
    },
  },
  {
    name: 'Rspack 2',
    tried: '2.3.3',
    needs: 'nothing',
    app: {
      name: 'rspack',
      packages: { ...REACT, '@rspack/core': '2.3.3', '@rspack/cli': '2.2.8' },
      sources,
    },
    check: {
      kind: 'builds',
      commands: [['rspack', 'build']],
      folder: 'dist',
      copies: ['index.html'],
    },
  },
  {
    name: 'esbuild',
    tried: '0.28.2',
    needs: 'nothing',
    app: { name: 'esbuild', packages: { ...REACT, esbuild: '0.28.2' }, sources, settings },
    check: {
      kind: 'builds',
      commands: [
        [
          'esbuild',
          'main.js',
          '--bundle',
          '--minify',
          '--format=esm',
          '--splitting',
          '--outdir=dist',
        ],
      ],
      folder: 'dist',
      copies: ['index.html'],
    },
  },
  {
    name: 'Rollup',
    tried: '4.68.8',
    needs: 'nothing',
    app: {
      name: 'rollup',
      packages: {
        ...REACT,
        '@rollup/plugin-commonjs': '29.0.3',
        '@rollup/plugin-node-resolve': '16.0.3',
        '@rollup/plugin-replace': '6.0.3',
        rollup: '4.68.8',
      },
      sources,
      settings,
    },
    check: {
      kind: 'builds',
      commands: [['rollup', '--config', '--silent']],
      folder: 'dist',
      copies: ['index.html'],
    },
  },
  {
    name: 'Parcel',
    tried: '2.16.4',
    needs: 'nothing',
    app: { name: 'parcel', packages: { ...REACT, parcel: '2.16.4' }, sources: ['page'] },
    check: {
      kind: 'builds',
      commands: [['parcel', 'build', 'index.html', '--no-cache']],
      folder: 'dist',
    },
  },
];
