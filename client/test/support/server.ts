/** A real `aimdb-server` for tests in Node: on a free port, with a configuration of the test's own. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const target =
  process.env.AIMDB_TARGET_DIR ?? fileURLToPath(new URL('../../../target', import.meta.url));
const binary = process.env.AIMDB_SERVER ?? `${target}/debug/aimdb-server`;

export interface Server {
  readonly socket: string;
  stop(): Promise<void>;
}

/** Starts it with these files beside its configuration, which is `server.toml` among them. */
export async function startServer(files: Record<string, string>): Promise<Server> {
  if (!existsSync(binary)) throw new Error(`${binary} is not built: run make test-server`);
  const folder = await mkdtemp(join(tmpdir(), 'aimdb-server-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const child = spawn(binary, ['--listen', '127.0.0.1:0', '--config', join(folder, 'server.toml')]);
  const port = await new Promise<string>((resolve, reject) => {
    const printed: string[] = [];
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on('line', (line) => {
        printed.push(line);
        const port = /listening on http:\/\/[^ ]*:(\d+)/.exec(line)?.[1];
        if (port) resolve(port);
      });
    }
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`it ended with ${code}\n${printed.join('\n')}`)));
  });
  return {
    socket: `ws://127.0.0.1:${port}/ws`,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
