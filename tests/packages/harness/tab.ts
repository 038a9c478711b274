/** Real Chromium, and what a row must show in it. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';

/** How long a page may take to show three values; a development server builds on the way. */
const SHOW_MS_MAX = 60_000;
/** How long it may take once something was thrown on it: nothing will come, as a rule. */
const MEND_MS_MAX = 8_000;

export interface Tabs {
  /** Opens an address in a context of its own, looks, and closes it. `before` runs in the page before anything of it. */
  look<Seen>(
    address: string,
    see: (page: Page, errors: readonly string[]) => Promise<Seen>,
    before?: () => void,
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
    async look(address, see, before) {
      const context: BrowserContext = await browser.newContext();
      try {
        const page = await context.newPage();
        const errors = complaints(page);
        if (before) await page.addInitScript(before);
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

export interface Wanted {
  /** Where the values must be seen. */
  readonly elements?: readonly string[];
  /** What the page must say on its console; answers of the host with an error are no complaint then. */
  readonly tells?: RegExp | undefined;
}

/** Waits until the page has shown three different values in each element, and looks that it complained of nothing. */
export async function threeValues(
  page: Page,
  errors: readonly string[],
  { elements = ['#value', '#mean'], tells }: Wanted = {},
): Promise<void> {
  const seen = new Map(elements.map((element) => [element, new Set<string>()]));
  let deadline = Date.now() + SHOW_MS_MAX;
  page.once('pageerror', () => {
    deadline = Math.min(deadline, Date.now() + MEND_MS_MAX);
  });
  if (errors.length > 0) deadline = Date.now() + MEND_MS_MAX;
  while ([...seen.values()].some((values) => values.size < 3)) {
    await look(page, seen);
    if (Date.now() > deadline) throw nothingCame(seen, errors);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (tells && !errors.some((error) => tells.test(error))) {
    throw new Error(`the page does not say ${tells}\n${listed(errors)}`);
  }
  const complaints = errors.filter(
    (error) => !tells?.test(error) && !(tells && FAILED.test(error)),
  );
  if (complaints.length > 0) throw new Error(`the page complains\n${listed(complaints)}`);
}

/** How an answer with an error is reported, by `complaints` and by Chromium itself. */
const FAILED = /^(\d{3} http|Failed to load resource)/;

async function look(page: Page, seen: ReadonlyMap<string, Set<string>>): Promise<void> {
  for (const [element, values] of seen) {
    const text = await page.textContent(element, { timeout: 50 }).catch(() => null);
    if (text && NUMBER.test(text)) values.add(text);
  }
}

function nothingCame(seen: ReadonlyMap<string, Set<string>>, errors: readonly string[]): Error {
  const shown = [...seen].map(([element, { size }]) => `${size} in ${element}`).join(', ');
  return new Error(`three values do not come: ${shown}\n${listed(errors)}`);
}

const listed = (errors: readonly string[]) => [...new Set(errors)].join('\n');
