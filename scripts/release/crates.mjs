/** The crates: packed as `cargo publish` would, under their published names, in the order in which they can be published. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crateName, OURS } from './names.mjs';
import { ReleaseError, ROOT, run, tell } from './run.mjs';

export function packCrates(out, names, version) {
  const source = join(out, 'source');
  copySource(source);
  const crates = ofWorkspace(source);
  if (names.cratePrefix !== OURS.cratePrefix) rename(source, crates, names);
  const ours = ofWorkspace(source).filter(({ isPublished }) => isPublished);
  const target = join(out, 'target');
  const only = ours.flatMap(({ name }) => ['--package', name]);
  run(
    'cargo',
    ['package', '--no-verify', '--allow-dirty', '--quiet', '--target-dir', target, ...only],
    source,
  );
  const folder = join(out, 'crates');
  mkdirSync(folder);
  for (const { name } of ours) {
    const file = `${name}-${version}.crate`;
    look(join(target, 'package', file), `${name}-${version}`);
    copyFileSync(join(target, 'package', file), join(folder, file));
  }
  rmSync(target, { recursive: true, force: true });
  tell(`${ours.length} crates: ${ours.map(({ name }) => name).join(', ')}`);
}

/** What git knows, as it is in the working tree. */
function copySource(source) {
  const files = run('git', ['ls-files', '-z']).split('\0').filter(Boolean);
  for (const file of files) {
    mkdirSync(dirname(join(source, file)), { recursive: true });
    cpSync(join(ROOT, file), join(source, file));
  }
}

function ofWorkspace(source) {
  const text = run(
    'cargo',
    ['metadata', '--no-deps', '--offline', '--format-version', '1'],
    source,
  );
  return JSON.parse(text).packages.map(({ name, publish, manifest_path: manifest, targets }) => ({
    name,
    manifest,
    isPublished: publish === null,
    // A library keeps the name that programs write.
    hasLibrary: targets.some(
      ({ kind }) => !['bin', 'test', 'bench', 'example', 'custom-build'].includes(kind[0]),
    ),
  }));
}

/** Gives each crate its published name. What programs write stays: `use aimdb_core::…`, whatever the crate is called. */
function rename(source, crates, names) {
  for (const { name, manifest, hasLibrary } of crates) {
    if (!name.startsWith(OURS.cratePrefix)) continue;
    const text = readFileSync(manifest, 'utf8').replace(
      `name = "${name}"`,
      `name = "${crateName(name, names)}"`,
    );
    writeFileSync(manifest, renamedUses(hasLibrary ? withLibrary(text, name) : text, names));
  }
  const root = join(source, 'Cargo.toml');
  writeFileSync(root, renamedUses(readFileSync(root, 'utf8'), names));
  // The lockfile names the crates as they were.
  run('cargo', ['update', '--workspace', '--offline', '--quiet'], source);
}

function withLibrary(manifest, name) {
  const library = `[lib]\nname = "${name.replaceAll('-', '_')}"`;
  if (/^\[lib\]$/m.test(manifest)) return manifest.replace(/^\[lib\]$/m, library);
  return `${manifest}\n${library}\n`;
}

/** Where a crate is used by its path it is named as it is published. */
function renamedUses(manifest, names) {
  return manifest.replace(
    /^(aimdb-[a-z-]+) = \{ path/gm,
    (_, name) => `${name} = { package = "${crateName(name, names)}", path`,
  );
}

function look(file, folder) {
  const files = run('tar', ['-tzf', file]).split('\n');
  for (const needed of ['Cargo.toml', 'LICENSE', 'README.md']) {
    if (!files.includes(`${folder}/${needed}`))
      throw new ReleaseError(`${folder} has no ${needed}`);
  }
}
