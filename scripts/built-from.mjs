/**
 * What each built package was built from, so that no test passes over an old build: a hash of the sources' content is written
 * beside the build, and compared before tests run. Times of files say nothing: a checkout sets them anew.
 *
 *     node scripts/built-from.mjs clear NAME      before a build: what an earlier one left must not be packed
 *     node scripts/built-from.mjs write NAME      after a build
 *     node scripts/built-from.mjs check NAME…     fails where a build is missing or is of other sources
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const STAMP = '.built-from';

/** Where npm has put a workspace. */
const workspace = (name) => realpathSync(join(ROOT, 'node_modules', name));

/** What a TypeScript package is made of. Their files are small, and its own alone: a change below shows in its own build. */
function typescript(name) {
  const folder = workspace(name);
  return {
    sources: ['src', 'tsconfig.json', 'tsconfig.build.json'].map((part) => join(folder, part)),
    shared: [join(ROOT, 'tsconfig.base.json')],
    kinds: /\.(ts|tsx|json)$/,
    built: join(folder, 'dist'),
    build: `npm run build -w ${name}`,
  };
}

const BUILDS = {
  wasm: () => ({
    // Each crate that a module is made of, and what makes it.
    sources: [
      'aimdb-core',
      'aimdb-wasm-adapter',
      'contracts',
      'peer',
      'pipeline',
      'ws-bridge',
      'ws-protocol',
      'xtask',
    ].map((folder) => join(ROOT, folder)),
    shared: ['Cargo.toml', 'Cargo.lock'].map((file) => join(ROOT, file)),
    kinds: /\.(rs|toml)$/,
    built: join(workspace('@aimdb/wasm'), 'wasm'),
    build: 'cargo run -p xtask -- wasm',
  }),
  '@aimdb/wasm': () => typescript('@aimdb/wasm'),
  '@aimdb/react': () => typescript('@aimdb/react'),
  '@aimdb/pipeline-twin': () => typescript('@aimdb/pipeline-twin'),
};

/** Folders that no build is made of. */
const SKIPPED = new Set([
  'target',
  'node_modules',
  'dist',
  'tests',
  'test',
  'benches',
  'examples',
  'twin',
]);

/** The files of a kind at and below a path, in order; nothing where it is not there. */
function filesBelow(path, kinds) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesBelow(inside, kinds);
      return kinds.test(entry.name) ? [inside] : [];
    });
}

/** A hash of the sources: of each file its place and its content. */
function hashOf({ sources, shared, kinds }) {
  const hash = createHash('sha256');
  const files = [...sources.flatMap((source) => filesBelow(source, kinds)), ...shared];
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${relative(ROOT, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function described(name) {
  const describe = BUILDS[name];
  if (describe) return describe();
  throw new Error(`there is no build '${name}'; there are ${Object.keys(BUILDS).join(', ')}`);
}

/** Takes away what an earlier build made. */
export function clear(name) {
  rmSync(described(name).built, { recursive: true, force: true });
}

/** Notes what a build was made from. */
export function write(name) {
  const build = described(name);
  writeFileSync(join(build.built, STAMP), `${hashOf(build)}\n`);
}

/** Throws where one of the builds is not of the sources that are here. */
export function needFresh(names) {
  const stale = names.flatMap((name) => {
    const build = described(name);
    const stamp = join(build.built, STAMP);
    const words = !existsSync(stamp)
      ? 'is not built'
      : readFileSync(stamp, 'utf8').trim() === hashOf(build)
        ? null
        : 'was built from other sources than those that are here';
    return words ? [`${name} ${words}: ${build.build}`] : [];
  });
  if (stale.length > 0) throw new Error(`tests would run over an old build.\n${stale.join('\n')}`);
}

const [, script, command, ...names] = process.argv;
if (script && realpathSync(script) === fileURLToPath(import.meta.url)) {
  if (command === 'clear') names.forEach(clear);
  else if (command === 'write') names.forEach(write);
  else if (command === 'check') needFresh(names);
  else throw new Error('built-from.mjs clear NAME…, write NAME… or check NAME…');
}
