/** The rows of records in headless Chromium, where the product lives: the same candidates, bundled as an application would be. */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { build, preview } from 'vite';

const page = fileURLToPath(new URL('../page', import.meta.url));
const outDir = fileURLToPath(new URL('../out/page', import.meta.url));
// With these a page is alone in its process, and its clock tells five microseconds apart.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** The measured rows whose name contains `only`. */
export async function measuredInChromium(only, settings) {
  const config = { root: page, configFile: false, logLevel: 'error' };
  await build({ ...config, build: { outDir, emptyOutDir: true, target: 'esnext' } });
  const server = await preview({
    ...config,
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0, headers },
  });
  const browser = await chromium.launch({
    executablePath: process.env.AIMDB_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${server.httpServer.address().port}/`);
    await tab.waitForFunction(() => 'measureRecords' in globalThis);
    return await tab.evaluate(
      ([only, settings]) => globalThis.measureRecords(only, settings),
      [only, settings],
    );
  } finally {
    await browser.close();
    await new Promise((resolve) => server.httpServer.close(resolve));
  }
}
