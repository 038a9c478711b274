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
const { platform, arch } = process;
/** An app that brings a program of its own, which is the one file of a package. */
const bringing = (of: string, name: string, version: string) => ({
  name: of,
  packages: { [name]: version },
  sources: ['programs'],
  isWithoutReact: true,
});
const NODE = `node-${platform}-${arch}`;
const DENO = `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`;
const BUN = `@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}`;
const node22 = bringing('node-22', NODE, '22.23.5');
const node24 = bringing('node-24', NODE, '24.22.3');
const deno = bringing('deno', DENO, '2.9.6');
const bun = bringing('bun', BUN, '1.4.5');

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
    name: 'Jest, ES modules',
    tried: '30.5.2',
    needs: '`NODE_OPTIONS=--experimental-vm-modules`, as Jest wants it of all ES modules',
    app: jest,
    check: {
      kind: 'runs',
      commands: [['jest', 'modules.test.mjs']],
      environment: { NODE_OPTIONS: '--experimental-vm-modules' },
      prints: /Tests: +2 passed/,
    },
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
    check: sees(`./node_modules/${NODE}/bin/node`, 'program.mjs'),
  },
  {
    name: 'Node 22, `require`',
    tried: '22.23.5',
    needs: 'nothing',
    app: node22,
    check: sees(`./node_modules/${NODE}/bin/node`, 'required.cjs'),
  },
  {
    name: 'Node 24',
    tried: '24.22.3',
    needs: 'nothing',
    app: node24,
    isSlow: true,
    check: sees(`./node_modules/${NODE}/bin/node`, 'program.mjs'),
  },
  {
    name: 'Deno',
    tried: '2.9.6',
    needs: 'nothing',
    app: deno,
    check: sees(`./node_modules/${DENO}/deno`, 'run', '-A', 'program.mjs'),
  },
  {
    name: 'Bun',
    tried: '1.4.5',
    needs: 'nothing',
    app: bun,
    check: sees(`./node_modules/${BUN}/bin/bun`, 'program.mjs'),
  },
];
