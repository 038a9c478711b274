/** What every row needs, once for a run: the packed packages, and our server with its demo's values. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Server } from '@aimdb/e2e/server';
import type { TestProject } from 'vitest/node';
import { needFresh } from '../../../scripts/built-from.mjs';
import { FOLDER, type Tarballs } from './apps.js';

declare module 'vitest' {
  interface ProvidedContext {
    tarballs: Tarballs;
    socket: string;
  }
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TARBALLS = join(FOLDER, 'tarballs');
const NAMES = ['@aimdb/wasm', '@aimdb/react'] as const;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  needFresh(['wasm', ...NAMES]);
  const folder = await mkdtemp(join(tmpdir(), 'aimdb-packed-'));
  const server = await Server.start(folder);
  await rm(TARBALLS, { recursive: true, force: true });
  const packed = await Promise.all(NAMES.map(async (name) => [name, await pack(name, folder)]));
  const tarballs: Tarballs = Object.fromEntries(packed);
  project.provide('tarballs', tarballs);
  project.provide('socket', server.socket);
  return async () => {
    await server.kill();
    await rm(folder, { recursive: true });
  };
}

/** Packs a package. The file is called after its content, so that npm sees when there is another. */
async function pack(name: string, folder: string): Promise<string> {
  const words = ['pack', '--silent', '--workspace', name, '--pack-destination', folder];
  const { stdout } = await promisify(execFile)('npm', words, { cwd: ROOT });
  const file = join(folder, stdout.trim());
  const hash = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 12);
  await mkdir(TARBALLS, { recursive: true });
  const target = join(TARBALLS, `${name.replace(/\W+/g, '-').slice(1)}-${hash}.tgz`);
  await copyFile(file, target);
  return target;
}
