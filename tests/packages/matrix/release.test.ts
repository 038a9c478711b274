/** A release as `make release` makes it, under other names: what is published does not depend on who owns ours. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const out = mkdtempSync(join(tmpdir(), 'aimdb-release-test-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const release = (...given: string[]) =>
  spawnSync('node', ['scripts/release/release.mjs', '--out', join(out, 'out'), ...given], {
    cwd: ROOT,
    encoding: 'utf8',
  });

const inTar = (file: string, member: string) =>
  execFileSync('tar', ['-xzOf', file, member], { encoding: 'utf8', maxBuffer: 1 << 26 });

test('packages and crates are packed under the names of one setting, and a record is written with the packages', () => {
  const names = JSON.stringify({ npmScope: '@live', cratePrefix: 'live-' });
  const { status, stdout, stderr } = release('--names', names);
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toContain('installed from the tarballs, a record was written');
  const packages = readdirSync(join(out, 'out/npm')).toSorted();
  expect(packages).toEqual([
    expect.stringMatching(/^live-react-.*\.tgz$/),
    expect.stringMatching(/^live-wasm-.*\.tgz$/),
  ]);
  const react = join(out, 'out/npm', packages[0] as string);
  const { name, peerDependencies } = JSON.parse(inTar(react, 'package/package.json'));
  expect(name).toBe('@live/react');
  expect(Object.keys(peerDependencies)).toContain('@live/wasm');
  expect(inTar(react, 'package/dist/provider.js')).not.toContain('@aimdb/');
  const crates = readdirSync(join(out, 'out/crates'));
  const core = crates.find((crate) => crate.startsWith('live-core-')) as string;
  expect(crates.every((crate) => crate.startsWith('live-'))).toBe(true);
  const manifest = inTar(
    join(out, 'out/crates', core),
    `${core.replace(/\.crate$/, '')}/Cargo.toml`,
  );
  // Programs go on to write `use aimdb_core::…`.
  expect(manifest).toContain('name = "aimdb_core"');
});

test.each([
  [['--names', '{"npmScope":"live"}'], "npmScope must be like '@aimdb'"],
  [['--names', '{"scope":"@live"}'], "'scope' is not known"],
  [['--nmaes', '{}'], "'--nmaes' is not known"],
])('%j is refused', (given, words) => {
  const { status, stderr } = release(...given);
  expect(status).toBe(1);
  expect(stderr).toContain(words);
});
