/** Pages and workers that may run no WebAssembly: a real policy in Chromium and Firefox, and no WebAssembly at all. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { type PreviewServer, preview } from 'vite';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { EngineInfo } from '@aimdb/wasm';
import { storyTabs } from '../harness/chromium.js';
import { Server } from '../harness/server.js';

const NOTHING = "default-src 'self'; connect-src *; img-src data:";
const WASM = `${NOTHING}; script-src 'self' 'wasm-unsafe-eval'`;

const tabs = storyTabs();
let folder: string;
let server: Server;
let pages: PreviewServer | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aimdb-csp-'));
  const contract = { name: 'pump', version: 2, fields: [{ name: 'kpa', kind: 'f64', min: 0 }] };
  writeFileSync(join(folder, 'pump.json'), JSON.stringify(contract));
  const record = '[[records]]\nkey = "plant.hall.pump"\nschema = "pump"\nwritable = true\n';
  writeFileSync(join(folder, 'server.toml'), `[[contracts]]\nfile = "pump.json"\n${record}`);
});
afterEach(async () => {
  await pages?.close();
  await server.kill();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Serves the built page under a policy, and its workers' scripts under another; gives its address. */
async function serving(policy: string | null, ofWorkers = policy): Promise<string> {
  server = await Server.configured(join(folder, 'server.toml'));
  pages = await preview({
    root: fileURLToPath(new URL('../page', import.meta.url)),
    configFile: false,
    logLevel: 'warn',
    preview: { port: 0, host: '127.0.0.1' },
    plugins: [
      {
        name: 'policy',
        configurePreviewServer: ({ middlewares }) => {
          middlewares.use((request, response, next) => {
            const header = request.url?.includes('worker') ? ofWorkers : policy;
            if (header) response.setHeader('Content-Security-Policy', header);
            next();
          });
        },
      },
    ],
  });
  const local = pages.resolvedUrls?.local[0];
  return `${local}engines.html?server=${encodeURIComponent(server.socket)}`;
}

interface Said {
  readonly kpa: readonly number[];
  readonly refused: string;
  readonly engine: EngineInfo;
}

/** What a page and its worker said, both of the same three values. */
function said(title: string): { page: EngineInfo; worker: EngineInfo } {
  const { page, worker } = JSON.parse(title) as { page: Said; worker: Said };
  for (const { kpa, refused } of [page, worker]) {
    expect(kpa).toEqual([1, 2.5, 1e-3]);
    expect(refused).toBe('CONTRACT_VIOLATION');
  }
  return { page: page.engine, worker: worker.engine };
}

const JS = { kind: 'js', place: 'file', why: expect.stringMatching(/./) };
const FILE = { kind: 'wasm', place: 'file', why: null };

/** What the page's title says once both are done. */
async function titleIn(url: string, script = ''): Promise<string> {
  const page = await tabs.open('about:blank');
  await page.addInitScript(script);
  await page.goto(url);
  await page.waitForFunction(() => document.title !== 'loading');
  return page.title();
}

test('under a policy without WebAssembly a page and its worker run on plain JavaScript, and say why', async () => {
  const { page, worker } = said(await titleIn(await serving(NOTHING)));
  expect([page, worker]).toMatchObject([JS, JS]);
  expect(page.why).toContain('Content Security Policy');
});

test('a policy that allows it is enough, and each thread has its own', async () => {
  const { page, worker } = said(await titleIn(await serving(WASM, NOTHING)));
  expect([page, worker]).toMatchObject([FILE, JS]);
});

test('without a policy the wasm is what runs', async () => {
  const { page, worker } = said(await titleIn(await serving(null)));
  expect([page, worker]).toMatchObject([FILE, FILE]);
});

test('a page that has no WebAssembly runs on plain JavaScript', async () => {
  const { page } = said(await titleIn(await serving(null), 'delete globalThis.WebAssembly'));
  expect(page).toMatchObject({ ...JS, why: 'there is no WebAssembly here' });
});

test('so it is in Firefox', async () => {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.AIMDB_FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
  });
  try {
    const page = await browser.newPage();
    await page.goto(await serving(NOTHING));
    await page.waitForFunction(() => document.title !== 'loading');
    const { page: ofPage, worker } = said(await page.title());
    expect([ofPage, worker]).toMatchObject([JS, JS]);
  } finally {
    await browser.close();
  }
});
