/** The npm packages: packed under their published names, and tried from their tarballs as a stranger would. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withScope } from './names.mjs';
import { ReleaseError, ROOT, run, tell } from './run.mjs';

const FOLDERS = ['client', 'react-hooks'];
/** What every tarball has. */
const NEEDED = ['package/LICENSE', 'package/README.md', 'package/package.json'];
const TEXTS = /\.(js|mjs|cjs|ts|mts|cts|json|md|map)$/;

export function packPackages(out, names, version) {
  const folder = join(out, 'npm');
  mkdirSync(folder);
  const tarballs = FOLDERS.map((one) => pack(one, folder, names, version));
  tryThem(tarballs, names);
}

function pack(folder, out, names, version) {
  const staged = mkdtempSync(join(tmpdir(), 'aimdb-release-'));
  try {
    const source = join(ROOT, folder);
    const packed = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', staged], source));
    run('tar', ['-xzf', fileOf(packed[0]), '-C', staged], staged);
    rename(join(staged, 'package'), names);
    const [made] = JSON.parse(
      run(
        'npm',
        ['pack', '--json', '--ignore-scripts', '--pack-destination', out],
        join(staged, 'package'),
      ),
    );
    const tarball = join(out, fileOf(made));
    look(tarball, made, version);
    tell(`${made.name} ${made.version}: ${made.files.length} files, ${made.size} B`);
    return tarball;
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}

/** Older versions of npm name the package in place of its file. */
const fileOf = ({ filename }) => filename.replace('@', '').replace('/', '-');

function rename(folder, names) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !TEXTS.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const before = readFileSync(path, 'utf8');
    const after = withScope(before, names);
    if (after !== before) writeFileSync(path, after);
  }
}

function look(tarball, { name, version: packed }, version) {
  if (packed !== version) throw new ReleaseError(`${name} is ${packed}, not ${version}`);
  const files = run('tar', ['-tzf', tarball]).split('\n');
  const missing = NEEDED.find((file) => !files.includes(file));
  if (missing) throw new ReleaseError(`${name} has no ${missing.slice('package/'.length)}`);
}

/** Installs all tarballs into an application and writes a record with the first of them. */
function tryThem(tarballs, { npmScope }) {
  const app = mkdtempSync(join(tmpdir(), 'aimdb-release-'));
  try {
    writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
    cpSync(join(ROOT, '.npmrc'), join(app, '.npmrc'));
    run(
      'npm',
      [
        'install',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--prefer-offline',
        'react',
        ...tarballs,
      ],
      app,
    );
    const program = `
      import init, { WasmDb } from '${npmScope}/wasm';
      import { useRecord } from '${npmScope}/react';
      await init();
      const db = new WasmDb();
      db.configureRecord('a', { schemaType: 'temperature', buffer: 'SingleLatest' });
      db.set('a', { celsius: 21.5, timestamp: 1 });
      if (db.get('a').celsius !== 21.5 || typeof useRecord !== 'function') process.exit(1);
    `;
    writeFileSync(join(app, 'try.mjs'), program);
    run('node', ['try.mjs'], app);
    tell('installed from the tarballs, a record was written');
  } finally {
    rmSync(app, { recursive: true, force: true });
  }
}
