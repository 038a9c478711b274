/** Pages that are special by how they are served, or by what serves them. */
import type { ServerResponse } from 'node:http';
import type { Page } from 'playwright-core';
import type { Command } from '../harness/command.js';
import { threeValues } from '../harness/tab.js';
import type { Builds, Place } from './place.js';

const VITE = '8.4.0';
const build: Command = ['vite', 'build'];
const settings = { type: 'module' };

const records = {
  name: 'records',
  packages: { vite: VITE },
  sources: ['records'],
  settings,
  isWithoutReact: true,
};

/** Records alone, built, on a host that is somehow special. */
const hosted = (host: Partial<Builds>): Builds => ({
  kind: 'builds',
  commands: [build],
  folder: 'dist',
  ...host,
});

const seesRecords = (engine: 'wasm' | 'js') => async (page: Page, errors: readonly string[]) => {
  await threeValues(page, errors, { elements: ['#value'] });
  const found = await page.textContent('#engine');
  if (found !== engine) throw new Error(`the engine is ${found}, not ${engine}`);
};

/** The page gets no engine, and says which address did not give it, what came, and what to do. */
const says = (what: RegExp) => async (page: Page, errors: readonly string[]) => {
  const found = () => errors.some((error) => what.test(error));
  for (let tries = 0; !found() && tries < 100; tries++) await page.waitForTimeout(100);
  if (!found()) throw new Error(`the page does not say ${what}\n${errors.join('\n')}`);
};

/** Answers for wasm in the host's place. */
const wasmIs =
  (answer: (response: ServerResponse) => void) => (path: string, response: ServerResponse) => {
    if (!path.endsWith('.wasm')) return false;
    answer(response);
    return true;
  };

const workers: readonly Place[] = [
  {
    name: 'a worker, Vite 8',
    tried: VITE,
    needs: 'nothing',
    app: {
      name: 'worker-vite',
      packages: { vite: VITE },
      sources: ['worker'],
      settings,
      isWithoutReact: true,
    },
    check: hosted({}),
  },
  {
    name: 'a worker, webpack 5',
    tried: '5.113.0',
    needs: 'nothing',
    app: {
      name: 'worker-webpack',
      packages: { webpack: '5.113.0', 'webpack-cli': '7.3.1' },
      sources: ['worker', 'bundlers'],
      isWithoutReact: true,
    },
    check: hosted({ commands: [['webpack']], copies: ['index.html'] }),
  },
];

export const pages: readonly Place[] = [
  {
    name: 'no bundler, import map',
    tried: 'Chromium',
    needs: 'the names `@aimdb/wasm` and, for stores, `@aimdb/wasm/store` in the map',
    app: { name: 'import-map', packages: {}, sources: ['import-map'], isWithoutReact: true },
    check: { kind: 'builds', commands: [], folder: '.' },
  },
  ...workers,
  {
    name: "CSP `script-src 'self' 'wasm-unsafe-eval'`",
    tried: 'Chromium',
    needs: 'nothing more; `connect-src` must have the address of the server',
    app: records,
    check: hosted({
      headers: { 'content-security-policy': "script-src 'self' 'wasm-unsafe-eval'" },
      see: seesRecords('wasm'),
    }),
  },
  {
    name: "CSP `script-src 'self'`",
    tried: 'Chromium',
    needs: 'nothing: the engine runs as plain JavaScript; stores need WebAssembly',
    app: records,
    check: hosted({
      headers: { 'content-security-policy': "script-src 'self'" },
      see: seesRecords('js'),
    }),
  },
  {
    name: 'no WebAssembly',
    tried: 'Chromium without it',
    needs: 'nothing: the engine runs as plain JavaScript; stores need WebAssembly',
    app: records,
    check: hosted({
      before: () => Reflect.deleteProperty(globalThis, 'WebAssembly'),
      see: seesRecords('js'),
    }),
  },
  {
    name: 'wasm answered with a page',
    tried: 'Chromium',
    needs: 'the file: the error has its address, what came, and what to do',
    app: records,
    check: hosted({
      answer: wasmIs((response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>a page'),
      ),
      see: says(
        /assets\/engine_bg-\w+\.wasm was answered with 200 OK and text\/html.*<!doctype.*copy node_modules/,
      ),
    }),
  },
  {
    name: 'wasm answered with 404',
    tried: 'Chromium',
    needs: 'the file: the error has its address, what came, and what to do',
    app: records,
    check: hosted({
      answer: wasmIs((response) => response.writeHead(404).end()),
      see: says(/assets\/engine_bg-\w+\.wasm was answered with 404.*copy node_modules/),
    }),
  },
  {
    name: 'wasm of a wrong type',
    tried: 'Chromium',
    needs: 'nothing',
    app: records,
    check: hosted({ see: seesRecords('wasm') }),
  },
];
