/** Made-up contracts and values with the verdicts of the native JSON door, for the tests of the tab's doors. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A line of JSON for each contract. */
    doors: readonly string[];
  }
}

const CONTRACTS = 150;
const OUTPUT_BYTES_MAX = 1 << 27;

export default async function setup(project: TestProject): Promise<void> {
  // One by default, so that a run fails for what changed and not by chance; others are for looking further.
  const seed = process.env.AIMDB_SEED ?? '1';
  console.log(`[doors] contracts from seed ${seed} on; AIMDB_SEED chooses another`);
  const cargo = ['run', '--quiet', '--package', 'aimdb-contracts', '--example', 'doors'];
  const { stdout } = await promisify(execFile)(
    'cargo',
    [...cargo, '--features', 'testing,patterns', '--', seed, `${CONTRACTS}`],
    { cwd: fileURLToPath(new URL('../../..', import.meta.url)), maxBuffer: OUTPUT_BYTES_MAX },
  );
  project.provide('doors', stdout.trim().split('\n'));
}
