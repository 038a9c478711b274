/**
 * What old ways of finding a package need of it, made of its `exports` after each build:
 *
 * - a folder for each entry below the first, with a package.json, for those that do not read `exports`: TypeScript's `node10`,
 *   and Parcel as it comes;
 * - `cjs/`, the same package as CommonJS with its types, for Jest and for `require` in a Node that cannot load modules by it.
 *   Bundlers and newer Nodes get the modules by `require` too, so that a program has one engine and not two.
 *
 *     node scripts/old-doors.mjs NAME
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** The folder of the CommonJS. Below it everything lies as in the package, so that relative names stay what they are. */
const COMMONJS = 'cjs';

/** The entries that are code, by what follows the package's name: `./store`, and its module. */
function entriesOf(described) {
  return Object.entries(described.exports).flatMap(([entry, target]) =>
    typeof target === 'object' ? [[entry, target.import.default]] : [],
  );
}

const typesOf = (module) => module.replace(/\.js$/, '.d.ts');
const writeJson = (file, value) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

/** `store/package.json`, which says where the entry is. */
function writeFolders(folder, entries) {
  const below = entries.filter(([entry]) => entry !== '.');
  for (const [entry] of below) rmSync(join(folder, entry), { recursive: true, force: true });
  for (const [entry, module] of below) {
    const door = join(folder, entry);
    mkdirSync(door, { recursive: true });
    const from = (file) => relative(door, join(folder, file));
    writeJson(join(door, 'package.json'), {
      type: 'module',
      main: from(module),
      module: from(module),
      types: from(typesOf(module)),
      sideEffects: false,
    });
  }
}

/** The wasm stays where it is: it is data, and not there twice. */
const wasmStays = {
  name: 'wasm-stays',
  transform: (code) =>
    code.replace(
      /new URL\((['"])([\w.]+\.wasm)\1, import\.meta\.url\)/g,
      "new URL('../../wasm/$2', import.meta.url)",
    ),
};

async function writeCommonJs(folder, entries) {
  const out = join(folder, COMMONJS);
  rmSync(out, { recursive: true, force: true });
  const input = Object.fromEntries(
    entries.map(([, module]) => [module.replace(/^\.\/|\.js$/g, ''), join(folder, module)]),
  );
  const bundle = await rolldown({
    input,
    platform: 'node',
    external: /^(?![./#]|\0)/,
    plugins: [wasmStays],
    onLog(level, log, report) {
      // `'use client'` stays at the top: each file is one of its own.
      if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
    },
  });
  await bundle.write({
    dir: out,
    format: 'cjs',
    exports: 'named',
    esModule: true,
    preserveModules: true,
    preserveModulesRoot: folder,
    entryFileNames: '[name].js',
    dynamicImportInCjs: false,
  });
  await bundle.close();
  believeDefaults(out);
  for (const part of ['dist', 'wasm']) copyTypes(join(folder, part), join(out, part));
  writeJson(join(out, 'package.json'), { type: 'commonjs' });
}

/**
 * Rolldown takes what a module of Node requires to have no `default` but the whole. All that is required here says by
 * `__esModule` what its default is.
 */
function believeDefaults(out) {
  const file = join(out, '_virtual/_rolldown/runtime.js');
  if (!existsSync(file)) return;
  const text = readFileSync(file, 'utf8');
  const believing = text.replace('isNodeMode || !mod ||', '!mod ||');
  if (believing === text) throw new Error(`${file}: rolldown writes another __toESM`);
  writeFileSync(file, believing);
}

/** Packages that are modules alone: of a CommonJS file TypeScript wants to be told that only their types are asked for. */
const MODULES_ALONE = /^import (?:type )?\{ ?(.*?) ?\} from '(idb)';$/gm;

function copyTypes(from, to) {
  if (!existsSync(from)) return;
  for (const file of readdirSync(from, { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue;
    const text = readFileSync(join(from, file), 'utf8').replace(
      MODULES_ALONE,
      (_, names, module) => {
        const types = names.replaceAll('type ', '');
        return `import type { ${types} } from '${module}' with { 'resolution-mode': 'import' };`;
      },
    );
    mkdirSync(dirname(join(to, file)), { recursive: true });
    writeFileSync(join(to, file), text);
  }
}

const [, , name] = process.argv;
if (!name) throw new Error('old-doors.mjs NAME');
const folder = realpathSync(join(ROOT, 'node_modules', name));
const entries = entriesOf(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
writeFolders(folder, entries);
await writeCommonJs(folder, entries);
