import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const FILES = '__FILES__';
const VERSION = '__VERSION__';
const WORKER = 'sw.js';
const publicFolder = fileURLToPath(new URL('public', import.meta.url));

/**
 * Other forms of the engine: as plain JavaScript for browsers without WebAssembly, and a copy for where its file does not come. No start
 * asks for them; where one is wanted it is loaded.
 */
const OTHER_ENGINES = /\bengine_(plain|inline)-/;

/**
 * Tells the service worker what to keep: every file of the build that each start needs, and a version that is another one as soon
 * as one byte of them is.
 */
const precache: Plugin = {
  name: 'precache',
  apply: 'build',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const worker = bundle[WORKER];
      if (worker?.type !== 'chunk') return this.error(`the build has no ${WORKER}`);
      const hash = createHash('sha256');
      const files = ['./'];
      for (const [name, file] of Object.entries(bundle)) {
        const isKept = name !== 'index.html' && file !== worker && !OTHER_ENGINES.test(name);
        if (isKept) files.push(`./${name}`);
        hash.update(file.type === 'chunk' ? file.code : file.source);
      }
      for (const name of readdirSync(publicFolder)) {
        files.push(`./${name}`);
        hash.update(readFileSync(`${publicFolder}/${name}`));
      }
      const version = hash.digest('hex').slice(0, 12);
      worker.code = worker.code
        .replace(new RegExp(`["'\`]${FILES}["'\`]`), JSON.stringify(files.sort()))
        .replace(VERSION, version);
    },
  },
};

export default defineConfig({
  base: './',
  plugins: [react(), precache],
  build: {
    rolldownOptions: {
      input: { app: 'index.html', sw: 'src/sw/sw.ts' },
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? WORKER : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: { proxy: { '/ws': { target: 'ws://127.0.0.1:8080', ws: true } } },
});
