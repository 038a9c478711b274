/** Makes the icons that must be PNG from the one that is drawn: `npm run icons`, after `public/icon.svg` was changed. */
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../public', import.meta.url));
/** A launcher may cut a maskable icon down to a circle of four fifths: the drawing stays within, the ground fills all. */
const ICONS = [
  { name: 'icon-192', side: 192, isMaskable: false },
  { name: 'icon-512', side: 512, isMaskable: false },
  { name: 'icon-maskable-512', side: 512, isMaskable: true },
] as const;
const BYTES_MAX = 24_000;

test('the icons', async () => {
  const browser = await chromium.launch({
    executablePath: process.env.AIMDB_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const drawn = readFileSync(`${folder}/icon.svg`, 'utf8');
  for (const { name, side, isMaskable } of ICONS) {
    const page = await browser.newPage({ viewport: { width: side, height: side } });
    const ground = isMaskable ? '#0d5c54' : 'transparent';
    const inset = isMaskable ? '10%' : '0';
    await page.setContent(
      `<style>body { margin: 0; background: ${ground} } svg { position: fixed; inset: ${inset}; width: calc(100% - 2 * ${inset}) }</style>${drawn}`,
    );
    const path = `${folder}/${name}.png`;
    await page.screenshot({ path, omitBackground: true });
    expect(statSync(path).size).toBeLessThan(BYTES_MAX);
  }
  await browser.close();
});
