/** What the parts of a release share: where the repository is, programs that are run in it, and what is said. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Something that keeps a release from being made. */
export class ReleaseError extends Error {}

/** Runs a program and gives what it printed. */
export function run(program, given, folder = ROOT) {
  const { status, stdout, stderr, error } = spawnSync(program, given, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw new ReleaseError(`${program} cannot be run: ${error.message}`);
  if (status !== 0) {
    throw new ReleaseError(
      `${program} ${given.join(' ')} ended with ${status}\n${stdout}${stderr}`,
    );
  }
  return stdout;
}

export function tell(text) {
  console.log(`[release] ${text}`);
}
