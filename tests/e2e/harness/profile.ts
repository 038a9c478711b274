/** A browser with a profile on the disk, which can be killed and started again over the same profile. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type * as module from '@aimdb/wasm/storage';

declare global {
  /** Put there by the page `storage.html`. */
  var storage: typeof module;
  /** What a story keeps in the page. */
  var kept: module.DeviceStorage;
}

export type Engine = 'chrome' | 'firefox';

const PATHS = {
  chrome: process.env.AIMDB_CHROMIUM ?? '/usr/bin/chromium',
  firefox: process.env.AIMDB_FIREFOX ?? '/usr/bin/firefox-esr',
};

export class Profile {
  readonly #engine: Engine;
  readonly #folder: string;
  readonly #preferences: Record<string, unknown>;
  readonly #arguments: readonly string[];
  #browser: Browser | undefined;

  private constructor(
    engine: Engine,
    folder: string,
    preferences: Record<string, unknown>,
    given: readonly string[],
  ) {
    this.#arguments = given;
    this.#engine = engine;
    this.#folder = folder;
    this.#preferences = preferences;
  }

  /** `preferences` are Firefox's, `given` Chromium's arguments. */
  static async create(
    engine: Engine,
    preferences: Record<string, unknown> = {},
    given: readonly string[] = [],
  ): Promise<Profile> {
    const folder = await mkdtemp(join(tmpdir(), 'aimdb-profile-'));
    return new Profile(engine, folder, preferences, given);
  }

  /** Opens an address in a tab; starts the browser if it does not run. */
  async open(url: string, before: (page: Page) => Promise<void> = async () => {}): Promise<Page> {
    // What starts Firefox puts this file aside, and has to find it again after a kill.
    if (this.#engine === 'firefox')
      await writeFile(join(this.#folder, 'user.js'), '', { flag: 'a' });
    this.#browser ??= await puppeteer.launch({
      browser: this.#engine,
      executablePath: PATHS[this.#engine],
      headless: true,
      userDataDir: this.#folder,
      args: this.#engine === 'chrome' ? ['--no-sandbox', '--disable-gpu', ...this.#arguments] : [],
      extraPrefsFirefox: this.#preferences,
    });
    const page = await this.#browser.newPage();
    await before(page);
    await page.goto(url);
    await page.waitForFunction(() => document.title === 'ready');
    return page;
  }

  /** Ends the browser without a word to it. */
  async kill(): Promise<void> {
    const process = this.#browser?.process();
    const ended = new Promise((resolve) => process?.once('exit', resolve));
    process?.kill('SIGKILL');
    await ended;
    this.#browser = undefined;
  }

  async remove(): Promise<void> {
    await this.#browser?.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
