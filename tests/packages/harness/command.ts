/** Programs of an app: run to their end, or kept running until somebody has looked at what they serve. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A program of `node_modules/.bin`, a path from the app's folder, or `node` itself, and its arguments. */
export type Command = readonly [program: string, ...arguments: string[]];

/** How long a program may take. */
const RUN_MS_MAX = 170_000;
/** How long a server may take until it listens. */
const LISTEN_MS_MAX = 90_000;

/** What an app's programs find in their environment. */
export type Environment = Readonly<Record<string, string>>;

/** What still runs. It is ended with the tests, also with those that somebody stopped. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) end(child);
});

function start(folder: string, [program, ...words]: Command, environment: Environment) {
  const path = placeOf(folder, program);
  const child = spawn(path, words, {
    cwd: folder,
    // A group of its own, so that what it starts ends with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...outside(), NO_COLOR: '1', CI: '1', ...environment },
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  const printed: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  }
  return { child, text: () => printed.join('') };
}

function placeOf(folder: string, program: string): string {
  if (program === 'node') return process.execPath;
  return join(folder, program.startsWith('./') ? program : `node_modules/.bin/${program}`);
}

/** The environment without what the test runner and npm have put there, which bundlers look at. */
function outside(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(?!config_)|VITEST|VITE_|NODE_ENV$|NODE_OPTIONS$|FORCE_COLOR$|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$)/.test(
        name,
      ),
  );
  return Object.fromEntries(kept);
}

function end(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended in between.
  }
}

/** Runs a program to its end, and gives what it printed; anything but exit code 0 is an error. */
export async function run(
  folder: string,
  command: Command,
  environment: Environment = {},
): Promise<string> {
  const { child, text } = start(folder, command, environment);
  const timer = setTimeout(() => end(child), RUN_MS_MAX);
  try {
    const [code] = await once(child, 'close');
    if (code === 0) return text();
    throw new Error(`\`${command.join(' ')}\` ended with ${code}\n${text()}`);
  } finally {
    clearTimeout(timer);
    end(child);
  }
}

/** Starts a server, gives the address that it prints to `look`, and ends it. */
export async function whileServing(
  folder: string,
  command: Command,
  environment: Environment,
  look: (address: string, log: () => string) => Promise<void>,
): Promise<void> {
  const { child, text } = start(folder, command, environment);
  try {
    await look(await address(child, command, text), text);
  } finally {
    end(child);
  }
}

async function address(child: ChildProcess, command: Command, text: () => string) {
  const deadline = Date.now() + LISTEN_MS_MAX;
  for (;;) {
    const found = /http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]):\d+/.exec(text());
    if (found) return found[0];
    if (child.exitCode !== null || Date.now() > deadline) {
      throw new Error(`\`${command.join(' ')}\` prints no address\n${text()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
