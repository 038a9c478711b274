/** The version that the repository says of itself: in Cargo.toml, in the packages, and in the changelog. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReleaseError, ROOT, run, tell } from './run.mjs';

const VERSION = /^(\d+)\.(\d+)\.(\d+)(-[a-z]+\.\d+)?$/;
const UNRELEASED = ', not yet released';
/** Cargo workspaces of their own, whose lockfiles say the version too. */
const LOCKS = [
  '.',
  'bench/channels',
  'bench/durable',
  'bench/fanout',
  'examples/own-engine',
  'examples/rust-page',
  'tests/fuzz',
];

const file = (path) => join(ROOT, path);
const read = (path) => readFileSync(file(path), 'utf8');

export function versionNow() {
  const found = /^\[workspace\.package\]\s+version = "([^"]+)"/m.exec(read('Cargo.toml'));
  if (!found) throw new ReleaseError('Cargo.toml has no version in [workspace.package]');
  const version = found[1];
  const other = packages().find((path) => JSON.parse(read(path)).version !== version);
  if (other)
    throw new ReleaseError(`${other} says another version than Cargo.toml, which has ${version}`);
  return version;
}

/** A release is made of what is committed. */
export function needClean() {
  const changed = run('git', ['status', '--porcelain']).trim();
  if (changed) throw new ReleaseError(`commit or undo these first:\n${changed}`);
}

/** The changelog has something to say of a version. */
export function needChangelog(version) {
  const [, rest = ''] = read('CHANGELOG.md').split(
    new RegExp(`^## ${version.replaceAll('.', '\\.')}\\b.*$`, 'm'),
  );
  const [section] = rest.split(/^## /m);
  if (!section?.trim()) throw new ReleaseError(`CHANGELOG.md says nothing of ${version}`);
}

/** Writes a version wherever the repository says its own. */
export function writeVersion(version) {
  const before = versionNow();
  if (!VERSION.test(version))
    throw new ReleaseError(`'${version}' is no version, such as 0.2.0 or 0.2.0-rc.1`);
  if (!isUnreleased(before)) {
    throw new ReleaseError(
      `CHANGELOG.md has no section '## ${before}${UNRELEASED}': write what is new`,
    );
  }
  if (version !== before && !isNewer(version, before)) {
    throw new ReleaseError(`${version} is not newer than ${before}`);
  }
  for (const path of manifests()) edit(path, (text) => inManifest(text, before, version));
  for (const path of packages()) edit(path, (text) => inPackage(text, before, version));
  const today = new Date().toISOString().slice(0, 10);
  edit('CHANGELOG.md', (text) =>
    text.replace(`## ${before}${UNRELEASED}`, `## ${version}, ${today}`),
  );
  for (const folder of LOCKS)
    run('cargo', ['update', '--workspace', '--offline', '--quiet'], file(folder));
  run('npm', [
    'install',
    '--package-lock-only',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
  ]);
  tell(`${before} is ${version} now`);
}

function isUnreleased(version) {
  return read('CHANGELOG.md').includes(`## ${version}${UNRELEASED}`);
}

function isNewer(version, before) {
  const [now, then] = [version, before].map((text) => VERSION.exec(text) ?? []);
  for (let at = 1; at <= 3; at++) {
    if (now[at] !== then[at]) return Number(now[at]) > Number(then[at]);
  }
  // What is finished comes after its candidates.
  return then[4] !== undefined && (now[4] === undefined || now[4] > then[4]);
}

/** The package.json of each workspace of npm. */
function packages() {
  const { workspaces } = JSON.parse(read('package.json'));
  const found = workspaces
    .map((folder) => `${folder}/package.json`)
    .filter((path) => existsSync(file(path)));
  return found.filter((path) => JSON.parse(read(path)).version !== undefined);
}

/** The Cargo.toml of each crate, also of those outside of the workspace. */
function manifests() {
  return run('git', ['ls-files', '*Cargo.toml']).trim().split('\n');
}

function inManifest(text, before, version) {
  const own = new RegExp(`^version = "${escaped(before)}"`, 'm');
  const ours = new RegExp(`^(aimdb-[a-z0-9-]+ = .*version = ")${escaped(before)}"`, 'gm');
  return text.replace(own, `version = "${version}"`).replace(ours, `$1${version}"`);
}

function inPackage(text, before, version) {
  const ours = new RegExp(`("@aimdb/[a-z0-9-]+": "[\\^~]?)${escaped(before)}"`, 'g');
  return text
    .replace(`"version": "${before}"`, `"version": "${version}"`)
    .replace(ours, `$1${version}"`);
}

function edit(path, change) {
  const before = read(path);
  const after = change(before);
  if (after !== before) writeFileSync(file(path), after);
}

function escaped(version) {
  return version.replaceAll('.', '\\.');
}
