/** Next: the provider stands in a server component. */
import type { Page } from 'playwright-core';
import type { Command } from '../harness/command.js';
import { threeValues } from '../harness/tab.js';
import type { Place } from './place.js';
import { REACT } from './react.js';

const VERSION = '16.4.6';

const app = {
  name: 'next',
  packages: { ...REACT, next: VERSION },
  sources: ['next'],
};

const environment = { NEXT_TELEMETRY_DISABLED: '1' };
const common = { app, tried: VERSION, needs: 'nothing' };
const build = (...words: string[]): Command => ['next', 'build', ...words];
const serve = (command: 'dev' | 'start', ...words: string[]): Command => [
  ...(['next', command, '--hostname', '127.0.0.1', '--port', '0'] as const),
  ...words,
];

/** The server render has the server's snapshot in it, and the page goes on from there without a complaint. */
async function see(page: Page, errors: readonly string[]): Promise<void> {
  const html = await (await page.request.get(page.url())).text();
  if (!html.includes('no value yet')) throw new Error(`no snapshot in the server render\n${html}`);
  await threeValues(page, errors);
}

export const next: readonly Place[] = [
  {
    ...common,
    name: 'Next 16, Turbopack, development',
    check: { kind: 'serves', command: serve('dev'), environment, see },
  },
  {
    ...common,
    name: 'Next 16, Turbopack, build',
    check: { kind: 'serves', first: [build()], command: serve('start'), environment, see },
  },
  {
    ...common,
    name: 'Next 16, Turbopack, static export',
    check: {
      kind: 'builds',
      commands: [build()],
      folder: 'out',
      environment: { ...environment, STATIC_EXPORT: '1' },
      see,
    },
  },
  {
    ...common,
    name: 'Next 16, webpack, development',
    check: { kind: 'serves', command: serve('dev', '--webpack'), environment, see },
  },
  {
    ...common,
    name: 'Next 16, webpack, build',
    check: {
      kind: 'serves',
      first: [build('--webpack')],
      command: serve('start'),
      environment,
      see,
    },
  },
  {
    ...common,
    name: 'Next 16, webpack, static export',
    isSlow: true,
    check: {
      kind: 'builds',
      commands: [build('--webpack')],
      folder: 'out',
      environment: { ...environment, STATIC_EXPORT: '1' },
      see,
    },
  },
];
