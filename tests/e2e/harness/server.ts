/** The real server process: started on a free port, killed the hard way, and brought back on the same port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const target = process.env.AIMDB_TARGET_DIR ?? `${repository}/target`;
const binary = process.env.AIMDB_SERVER ?? `${target}/debug/aimdb-server`;

export const DASHBOARD_FILES = `${repository}/examples/dashboard/dist`;
export const ORDERS_CONFIG = `${repository}/examples/orders/server.toml`;
export const LOCAL_DEMO_FILES = `${repository}/examples/local-demo/dist`;

export class Server {
  #process: ChildProcess | null = null;
  #port = 0;
  #options: readonly string[];

  private constructor(options: readonly string[]) {
    this.#options = options;
  }

  /** Starts a demo server that serves these files, and keeps what is written in a folder if one is named. */
  static async start(files = DASHBOARD_FILES, data?: string): Promise<Server> {
    if (!existsSync(binary)) throw new Error(`${binary} is not built: run make test-server`);
    if (!existsSync(files)) throw new Error(`${files} is not built: run make dashboard`);
    const kept = data === undefined ? [] : ['--data', data];
    const server = new Server(['--demo', '--files', files, ...kept]);
    await server.comeBack();
    return server;
  }

  /** Starts a server with a configuration file. */
  static async configured(config: string): Promise<Server> {
    const server = new Server(['--config', config]);
    await server.comeBack();
    return server;
  }

  get page(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  get socket(): string {
    return `ws://127.0.0.1:${this.#port}/ws`;
  }

  /** Starts again, on the port of the first time. */
  async comeBack(): Promise<void> {
    const listen = `127.0.0.1:${this.#port}`;
    const child = spawn(binary, ['--listen', listen, ...this.#options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    this.#port = await listeningPort(child);
  }

  /** Ends the process without any warning to anyone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks the process to stop; gives its exit code, null if it needed more than that. */
  async stop(): Promise<number | null> {
    return await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code] = await ended;
    return code;
  }
}

/** The port that the server prints once it listens. */
async function listeningPort(child: ChildProcess): Promise<number> {
  const printed: string[] = [];
  return await new Promise((resolve, reject) => {
    const read = (line: string) => {
      printed.push(line);
      const port = /listening on http:\/\/[^ ]*:(\d+)/.exec(line)?.[1];
      if (port) resolve(Number(port));
    };
    for (const output of [child.stdout, child.stderr]) {
      // Read to the end, or a full pipe would stop the server.
      if (output) createInterface({ input: output }).on('line', read);
    }
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`the server ended with ${code}\n${printed.join('\n')}`)),
    );
  });
}
