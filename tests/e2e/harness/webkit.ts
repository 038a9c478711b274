/** WebKit, the engine of Safari, over the WebDriver that Debian has of it (webkit2gtk-driver and xvfb). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import type { Readable } from 'node:stream';

const DRIVER = process.env.AIMDB_WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const XVFB = '/usr/bin/Xvfb';

/** Whether it is on this machine. */
export const isWebKitHere = existsSync(DRIVER) && existsSync(XVFB);

export class WebKit {
  readonly #processes: ChildProcess[];
  readonly #address: string;
  #session = '';

  private constructor(processes: ChildProcess[], address: string) {
    this.#processes = processes;
    this.#address = address;
  }

  static async start(): Promise<WebKit> {
    const [port, { screen, display }] = await Promise.all([freePort(), startScreen()]);
    const language = 'en_US.UTF-8';
    const env = {
      ...process.env,
      DISPLAY: display,
      LANG: language,
      LC_ALL: language,
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
    };
    const given = [`--port=${port}`, '--host=127.0.0.1'];
    const driver = spawn(DRIVER, given, { stdio: 'ignore', env });
    const webkit = new WebKit([driver, screen], `http://127.0.0.1:${port}`);
    try {
      await webkit.#begin();
      return webkit;
    } catch (error) {
      await webkit.#kill();
      throw error;
    }
  }

  async open(url: string): Promise<void> {
    await this.#ask('POST', `/session/${this.#session}/url`, { url });
    for (let tries = 0; tries < 200; tries++) {
      if ((await this.run(() => Promise.resolve(document.title))) === 'ready') return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${url} did not become ready`);
  }

  /** Runs a function in the page, and answers with what it resolves to. */
  async run<T, A extends unknown[]>(work: (...args: A) => Promise<T>, ...args: A): Promise<T> {
    const script = `const done = arguments[arguments.length - 1];
      (${String(work)})(...Array.prototype.slice.call(arguments, 0, -1))
        .then((value) => done({ value }), (error) => done({ error: error.code + ' ' + error.message }));`;
    const path = `/session/${this.#session}/execute/async`;
    const answer = (await this.#ask('POST', path, { script, args })) as {
      value: T;
      error?: string;
    };
    if (answer.error) throw new Error(answer.error);
    return answer.value;
  }

  /** Opens another tab, closes the one that is there, and goes on in the new one. */
  async leaveForNewTab(): Promise<void> {
    const path = `/session/${this.#session}`;
    const { handle } = (await this.#ask('POST', `${path}/window/new`, { type: 'tab' })) as {
      handle: string;
    };
    await this.#ask('DELETE', `${path}/window`);
    await this.#ask('POST', `${path}/window`, { handle });
  }

  /** Opens another tab beside those that are there, and goes on in it; gives the one that was left. */
  async openTab(): Promise<string> {
    const path = `/session/${this.#session}`;
    const before = (await this.#ask('GET', `${path}/window`)) as string;
    const { handle } = (await this.#ask('POST', `${path}/window/new`, { type: 'tab' })) as {
      handle: string;
    };
    await this.switchTo(handle);
    return before;
  }

  /** Goes on in a tab that was left. */
  async switchTo(handle: string): Promise<void> {
    await this.#ask('POST', `/session/${this.#session}/window`, { handle });
  }

  async stop(): Promise<void> {
    await this.#ask('DELETE', `/session/${this.#session}`).catch(() => {});
    await this.#kill();
  }

  async #kill(): Promise<void> {
    for (const process of this.#processes) {
      const isRunning = process.exitCode === null && process.signalCode === null;
      const ended = isRunning ? once(process, 'exit') : undefined;
      process.kill();
      await ended;
    }
  }

  async #begin(): Promise<void> {
    const machines = readdirSync('/usr/lib').map(
      (at) => `/usr/lib/${at}/webkit2gtk-4.1/MiniBrowser`,
    );
    const binary = machines.find(existsSync);
    const options = { binary, args: ['--automation'] };
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } };
    for (let tries = 0; ; tries++) {
      try {
        const { sessionId } = (await this.#ask('POST', '/session', { capabilities })) as {
          sessionId: string;
        };
        this.#session = sessionId;
        await this.#ask('POST', `/session/${sessionId}/timeouts`, { script: 60_000 });
        return;
      } catch (error) {
        if (tries === 40) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(this.#address + path, { method, ...sent });
    const { value } = (await answer.json()) as { value: { error?: string; message?: string } };
    if (!answer.ok) throw new Error(`${path}: ${value?.error} ${value?.message}`);
    return value;
  }
}

/** Starts a screen of the first number that is free, and waits until it can be drawn on. */
async function startScreen(): Promise<{ screen: ChildProcess; display: string }> {
  const screen = spawn(XVFB, ['-displayfd', '3', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const [said] = await once(screen.stdio[3] as Readable, 'data');
  return { screen, display: `:${String(said).trim()}` };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
