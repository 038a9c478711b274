/** The guard before all tests: a build of other sources is refused, by content and not by time. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../scripts/built-from.mjs', import.meta.url));
const NAMES = ['wasm', '@aimdb/wasm'];
let root = '';

function put(file: string, content: string): void {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function run(command: string, ...names: string[]): string {
  try {
    const script = join(root, 'scripts/built-from.mjs');
    execFileSync('node', [script, command, ...names], { encoding: 'utf8', stdio: 'pipe' });
    return 'ok';
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'built-from-'));
  mkdirSync(join(root, 'scripts'));
  cpSync(SCRIPT, join(root, 'scripts/built-from.mjs'));
  const files = ['Cargo.toml', 'Cargo.lock', 'tsconfig.base.json', 'client/src/a.ts'];
  const more = ['client/dist/index.js', 'client/wasm/engine.js', 'aimdb-core/src/lib.rs'];
  for (const file of [...files, ...more]) put(file, `of ${file}`);
  mkdirSync(join(root, 'node_modules/@aimdb'), { recursive: true });
  symlinkSync(join(root, 'client'), join(root, 'node_modules/@aimdb/wasm'));
  expect(run('write', ...NAMES)).toBe('ok');
});

afterEach(() => rmSync(root, { recursive: true }));

test('what was built from these sources is taken, whenever they were written', () => {
  expect(run('check', ...NAMES)).toBe('ok');
  const late = new Date(Date.now() + 60_000);
  utimesSync(join(root, 'client/src/a.ts'), late, late);
  put('client/test/b.test.ts', 'no source');
  put('aimdb-core/tests/b.rs', 'no source');
  expect(run('check', ...NAMES)).toBe('ok');
});

test.each([
  [
    'another text of the same length',
    '@aimdb/wasm',
    () => put('client/src/a.ts', 'OF client/src/a.ts'),
  ],
  ['a new file', '@aimdb/wasm', () => put('client/src/deep/b.ts', '')],
  ['a file that is gone', '@aimdb/wasm', () => rmSync(join(root, 'client/src/a.ts'))],
  ['another option of the compiler', '@aimdb/wasm', () => put('tsconfig.base.json', '{}')],
  ['another line of Rust', 'wasm', () => put('aimdb-core/src/lib.rs', '//')],
  ['another version of a crate', 'wasm', () => put('Cargo.lock', '')],
  ['no stamp', 'wasm', () => rmSync(join(root, 'client/wasm/.built-from'))],
  [
    'a build that was taken away',
    '@aimdb/wasm',
    () => rmSync(join(root, 'client/dist'), { recursive: true }),
  ],
])('%s is refused, with what is to be done', (_, name, change) => {
  change();
  const [other] = NAMES.filter((one) => one !== name);
  const told = run('check', ...NAMES);
  expect(told).toContain('tests would run over an old build');
  expect(told).toMatch(
    new RegExp(`^${name} (is not built|was built from other sources).*: (npm|cargo) run`, 'm'),
  );
  expect(told).not.toMatch(new RegExp(`^${other} `, 'm'));
  expect(run('check', other as string)).toBe('ok');
});

test('a name that is no build is refused', () => {
  expect(run('check', 'engine')).toContain("there is no build 'engine'");
});
