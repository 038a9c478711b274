/** What a registry and its tools see of the packages: nothing to complain about, and nothing missing. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { install } from '../harness/apps.js';
import { run } from '../harness/command.js';
import { REACT } from '../places/react.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const app = {
  name: 'metadata',
  packages: { ...REACT, publint: '0.3.25', '@arethetypeswrong/cli': '0.18.5' },
  sources: [],
};

let folder: string;
beforeAll(async () => {
  folder = await install(app, inject('tarballs'));
});

describe.each(['@aimdb/wasm', '@aimdb/react'] as const)('%s', (name) => {
  const place = () => join(folder, 'node_modules', name);
  const described = async () => JSON.parse(await readFile(join(place(), 'package.json'), 'utf8'));
  const files = async (kind: string) =>
    (await readdir(place(), { recursive: true })).filter((file) => file.endsWith(kind));

  test('publint finds nothing', async () => {
    expect(await run(folder, ['publint', place(), '--strict'])).toContain('All good!');
  });

  test('are the types wrong? No', async () => {
    // What is no code has no types.
    const data = [
      '--exclude-entrypoints',
      ...Object.keys((await described()).exports).filter((entry) => /\.(wasm|json)$/.test(entry)),
    ];
    expect(await run(folder, ['attw', inject('tarballs')[name], ...data])).toContain(
      'No problems found',
    );
  });

  test('has what a stranger looks for', async () => {
    for (const file of ['LICENSE', 'README.md']) expect(existsSync(join(place(), file))).toBe(true);
    expect(await readFile(join(place(), 'README.md'), 'utf8')).toContain(`npm install ${name}`);
    const { description, keywords, license, engines } = await described();
    expect(description.length).toBeGreaterThan(20);
    expect(keywords.length).toBeGreaterThan(4);
    expect({ license, engines }).toEqual({ license: 'Apache-2.0', engines: { node: '>=20.19' } });
  });

  test('every entry has its files, by each way of finding it', async () => {
    const { exports, main, module, types } = await described();
    const targets = [main, module, types, ...flat(exports)];
    for (const target of targets) expect(existsSync(join(place(), target)), target).toBe(true);
    const entries = Object.keys(exports).filter((entry) => typeof exports[entry] === 'object');
    for (const entry of entries.filter((entry) => entry !== '.')) {
      const door = join(place(), entry);
      const old = JSON.parse(await readFile(join(door, 'package.json'), 'utf8'));
      for (const target of [old.main, old.module, old.types]) {
        expect(existsSync(join(door, target)), `${entry}: ${target}`).toBe(true);
      }
    }
  });

  test('a source map has its source', async () => {
    const modules = (await files('.js')).filter((file) => file.startsWith('dist/'));
    for (const file of modules) {
      const map = JSON.parse(await readFile(join(place(), `${file}.map`), 'utf8'));
      expect(map.sourcesContent?.[0]?.length, file).toBeGreaterThan(0);
    }
    expect(modules.length).toBeGreaterThan(5);
  });

  test('brings no tests and no settings along', async () => {
    const strange = (await files('')).filter((file) =>
      /(^|\/)(test|src|tsconfig|\.built-from)/.test(file),
    );
    expect(strange).toEqual([]);
  });
});

test('each crate that can be published has a README and the licence', async () => {
  const manifest = await readFile(join(ROOT, 'Cargo.toml'), 'utf8');
  const [, members = ''] = /^members = \[([^\]]*)\]/m.exec(manifest) ?? [];
  const folders = [...members.matchAll(/"([^"]+)"/g)].map(([, folder = '']) => join(ROOT, folder));
  const licence = await readFile(join(ROOT, 'LICENSE'), 'utf8');
  let published = 0;
  for (const folder of folders) {
    const crate = await readFile(join(folder, 'Cargo.toml'), 'utf8');
    if (/^publish = false/m.test(crate)) continue;
    const [, name = '?'] = /^name = "(.*)"/m.exec(crate) ?? [];
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toContain(`# ${name}\n`);
    expect(await readFile(join(folder, 'LICENSE'), 'utf8'), name).toBe(licence);
    published += 1;
  }
  expect(published).toBeGreaterThan(10);
});

/** The files that `exports` names. */
function flat(target: unknown): string[] {
  return typeof target === 'string' ? [target] : Object.values(target as object).flatMap(flat);
}
