/** Pages that have no origin, in one script with the engine in it: opened from a file, and in a sandboxed frame. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { storyTabs } from '../harness/chromium.js';
import { Server } from '../harness/server.js';

const tabs = storyTabs();
let folder: string;
let server: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aimdb-alone-'));
  const root = fileURLToPath(new URL('../page', import.meta.url));
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: folder,
      emptyOutDir: true,
      rolldownOptions: {
        input: join(root, 'alone.ts'),
        output: { format: 'iife', entryFileNames: 'alone.js' },
      },
    },
  });
  writeFileSync(
    join(folder, 'page.html'),
    '<title>loading</title><script src="alone.js"></script>',
  );
});
afterEach(() => server.kill());
afterAll(() => rmSync(folder, { recursive: true }));

async function serving(origins: readonly string[]): Promise<string> {
  const config = join(folder, 'server.toml');
  writeFileSync(config, `origins = ${JSON.stringify(origins)}\n`);
  server = await Server.configured(config);
  return `?server=${encodeURIComponent(server.socket)}`;
}

/** What the page said in its title, opened from its file. */
async function openedFromFile(query: string): Promise<object> {
  const page = await tabs.open(pathToFileURL(join(folder, 'page.html')).href + query);
  await page.waitForFunction(() => document.title !== 'loading');
  return JSON.parse(await page.title());
}

test('a page from a file works by itself, and hears why a server does not let it in', async () => {
  expect(await openedFromFile(await serving([]))).toMatchObject({
    celsius: 21.5,
    kind: 'wasm',
    place: 'inline',
    why: null,
    errors: [
      expect.stringMatching(
        /code 4403: foreign_origin: the server must list "(null|file:\/\/)" in `origins`/,
      ),
    ],
  });
});

test('a server that lists it lets it in', async () => {
  expect(await openedFromFile(await serving(['null', 'file://']))).toMatchObject({
    errors: [],
    status: 'connected',
  });
});

test('so it is in a sandboxed frame', async () => {
  const script = readFileSync(join(folder, 'alone.js'), 'utf8');
  const query = await serving(['null']);
  const page = await tabs.openBare();
  const said = await page.evaluate(
    async ([code, search]) => {
      const frame = document.createElement('iframe');
      frame.sandbox.add('allow-scripts');
      // A frame of this kind has no address to ask: what the page would read from it is put before it.
      const asked = `window.URLSearchParams = class { get() { return ${JSON.stringify(new URLSearchParams(search).get('server'))} } };`;
      const tell =
        'new MutationObserver(() => parent.postMessage(document.title, "*")).observe(document.head, { subtree: true, childList: true });';
      const safe = code.replaceAll('</script', '<\\/script');
      frame.srcdoc = `<head><title>loading</title></head><script>${asked}${tell}${safe}</scr${'ipt'}>`;
      const heard = new Promise((resolve) => {
        addEventListener('message', ({ data }) => resolve(data));
      });
      document.body.append(frame);
      return (await heard) as string;
    },
    [script, query] as const,
  );
  expect(JSON.parse(said)).toMatchObject({
    origin: 'null',
    celsius: 21.5,
    place: 'inline',
    errors: [],
    status: 'connected',
  });
});
