/** Chromium for a file of stories, and the pages that the stories open in it. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import type * as engine from '@aimdb/wasm';

declare global {
  /** Put there by the bare page. */
  var aimdb: typeof engine;
}

export interface Tabs {
  /** Opens an address in a tab of its own, with its own storage; `before` sees the tab before it is there. */
  open(url: string, before?: (page: Page) => void): Promise<Page>;
  /** Opens the bare page, which has the engine on `window.aimdb`. */
  openBare(): Promise<Page>;
  /** What the pages reported as errors since the story began. */
  readonly errors: readonly string[];
  /** What they warned of. */
  readonly warnings: readonly string[];
}

/** Tabs that are closed after each story. */
export function storyTabs(options: Parameters<Browser['newContext']>[0] = {}): Tabs {
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  let errors: string[] = [];
  let warnings: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env.AIMDB_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    contexts = [];
    errors = [];
    warnings = [];
  });
  afterAll(() => browser.close());

  const open = async (url: string, before?: (page: Page) => void): Promise<Page> => {
    const context = await browser.newContext(options);
    contexts.push(context);
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
      if (message.type() === 'warning') warnings.push(message.text());
    });
    before?.(page);
    await page.goto(url);
    return page;
  };
  return {
    open,
    openBare: async () => {
      const page = await open(inject('apiPage'));
      await page.waitForFunction(() => document.title === 'ready');
      return page;
    },
    get errors() {
      return errors;
    },
    get warnings() {
      return warnings;
    },
  };
}
