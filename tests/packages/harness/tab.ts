/** Real Chromium, and what a row must show in it. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';

/** How long a page may take to show three values; a development server builds on the way. */
const SHOW_MS_MAX = 60_000;
/** How long it may take once something was thrown on it: nothing will come, as a rule. */
const MEND_MS_MAX = 8_000;

export interface Tabs {
  /** Opens an address in a context of its own, looks, and closes it. */
  look<Seen>(
    address: string,
    see: (page: Page, errors: readonly string[]) => Promise<Seen>,
  ): Promise<Seen>;
}

export function tabs(): Tabs {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env.AIMDB_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });
  afterAll(() => browser?.close());
  return {
    async look(address, see) {
      const context: BrowserContext = await browser.newContext();
      try {
        const page = await context.newPage();
        const errors = complaints(page);
        await page.goto(address);
        return await see(page, errors);
      } finally {
        await context.close();
      }
    },
  };
}

/** What a page reports as errors and warnings, as it comes. */
function complaints(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(`${error.name}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
  });
  return errors;
}

/** A value, and not what stands there before. */
const NUMBER = /^-?\d/;

/** Waits until the page has shown three different values in each element, and nothing was reported as an error. */
export async function threeValues(
  page: Page,
  errors: readonly string[],
  elements: readonly string[] = ['#value', '#mean'],
): Promise<void> {
  const seen = new Map(elements.map((element) => [element, new Set<string>()]));
  let deadline = Date.now() + SHOW_MS_MAX;
  page.once('pageerror', () => {
    deadline = Math.min(deadline, Date.now() + MEND_MS_MAX);
  });
  if (errors.length > 0) deadline = Date.now() + MEND_MS_MAX;
  while ([...seen.values()].some((values) => values.size < 3)) {
    for (const [element, values] of seen) {
      const text = await page.textContent(element, { timeout: 50 }).catch(() => null);
      if (text && NUMBER.test(text)) values.add(text);
    }
    if (Date.now() > deadline) {
      const shown = [...seen].map(
        ([element, values]) => `${element}: ${[...values].join(', ') || 'nothing'}`,
      );
      throw new Error(
        `three values do not come\n${shown.join('\n')}\n${[...new Set(errors)].join('\n')}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (errors.length > 0) throw new Error(`the page complains\n${[...new Set(errors)].join('\n')}`);
}
