/** Bundlers that write files which any host serves. */
import type { App } from '../harness/apps.js';
import type { Place } from './place.js';
import { REACT } from './react.js';

const settings = { type: 'module' };
const sources = ['page', 'bundlers'];

/** The modules of records and of stores, as they lie in an app. */
const WASM = ['engine_bg.wasm', 'pipeline_bg.wasm'].map(
  (name) => `node_modules/@aimdb/wasm/wasm/${name}`,
);
const COPY = '`cp node_modules/@aimdb/wasm/wasm/*_bg.wasm dist/` after the build';
const INLINE =
  "`import '@aimdb/wasm/inline'` with its `await init()` before anything else, and `@aimdb/wasm/store/inline` so for stores";

const rollup: App = {
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
};

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
    needs: `nothing; ${COPY} saves the detour that the page's console tells of`,
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
      tells: /copy node_modules\/@aimdb\/wasm\/wasm\/\w+_bg\.wasm to/,
    },
  },
  {
    name: 'Rollup',
    tried: '4.68.8',
    needs: COPY,
    app: rollup,
    check: {
      kind: 'builds',
      commands: [['rollup', '--config', '--silent']],
      folder: 'dist',
      copies: ['index.html', ...WASM],
    },
  },
  {
    name: 'Rollup, inline',
    tried: '4.68.8',
    needs: INLINE,
    app: rollup,
    check: {
      kind: 'builds',
      commands: [['rollup', '--config', '--silent', '--input', 'inline.js']],
      folder: 'dist',
      copies: ['inline.html'],
      path: '/inline.html',
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
