/** Compiles files of tests with each TypeScript that the packages' types are held to, as a strict application would. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The folders of the compilers by their versions; the last is the one that builds the packages. */
export const COMPILERS: Readonly<Record<string, string>> = {
  '5.4': join(ROOT, 'tests/compilers/5.4/node_modules/typescript'),
  '5.9': join(ROOT, 'tests/compilers/5.9/node_modules/typescript'),
  '7': join(ROOT, 'node_modules/typescript'),
};

export interface Compiled {
  /** What the compiler says is wrong, a line each. */
  readonly errors: readonly string[];
  /** How many types it had to make out of generic ones: the same on every machine. */
  readonly instantiations: number;
}

/** Compiles files, declarations of libraries included, and anything that `options` ask for besides. */
export async function compile(
  version: string,
  files: readonly string[],
  options: Readonly<Record<string, unknown>> = {},
): Promise<Compiled> {
  // Inside the repository, so that packages are found.
  const folder = await mkdtemp(join(ROOT, 'tests/compilers/.run-'));
  try {
    const settings = {
      compilerOptions: {
        noEmit: true,
        strict: true,
        skipLibCheck: false,
        target: 'es2022',
        lib: ['ES2022', 'DOM'],
        module: 'esnext',
        moduleResolution: 'bundler',
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        types: [],
        ...options,
      },
      files,
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
    const tsc = join(COMPILERS[version] ?? version, 'bin/tsc');
    const run = promisify(execFile)(process.execPath, [
      ...[tsc, '-p', folder, '--pretty', 'false', '--extendedDiagnostics'],
    ]);
    const { stdout } = await run.catch((failed: { stdout: string }) => failed);
    const [, count] = /Instantiations:\s+(\d+)/.exec(stdout) ?? [];
    if (count === undefined) throw new Error(`TypeScript ${version} did not run: ${stdout}`);
    const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
    return { errors, instantiations: Number(count) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
