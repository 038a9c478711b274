/** A copy of the package as it is installed, to take files away from, and fresh processes that use it. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const client = fileURLToPath(new URL('../..', import.meta.url));

export interface Installed {
  /** Where the package lies. */
  readonly folder: string;
  /** Runs a module in a fresh process beside it; what it prints last is JSON. */
  run(script: string, ...rest: string[]): Promise<unknown>;
}

/** The package in a folder of its own, for one test. */
export async function installed(): Promise<Installed> {
  const app = await mkdtemp(join(tmpdir(), 'aimdb-installed-'));
  onTestFinished(() => rm(app, { recursive: true }));
  const folder = join(app, 'node_modules/@aimdb/wasm');
  await mkdir(folder, { recursive: true });
  for (const part of ['package.json', 'dist', 'wasm']) {
    await cp(join(client, part), join(folder, part), { recursive: true });
  }
  const run = async (script: string, ...rest: string[]) => {
    const node = promisify(execFile);
    const options = ['--input-type=module', '-e', script, '--', ...rest];
    const { stdout } = await node('node', options, { cwd: app });
    return JSON.parse(stdout);
  };
  return { folder, run };
}
