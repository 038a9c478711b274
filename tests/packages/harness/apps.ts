/** Apps outside the repository, made of a folder of `apps/` and installed as a stranger would install them. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';

const SOURCES = fileURLToPath(new URL('../apps', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const checkout = createHash('sha256').update(REPOSITORY).digest('hex').slice(0, 8);
/** Of this checkout, and kept from run to run: an install that is still right is not done again. */
export const FOLDER = join(process.env.AIMDB_PLACES_DIR ?? tmpdir(), `aimdb-places-${checkout}`);

/** An app: what is installed beside our packages, and which folders of `apps/` it is made of. */
export interface App {
  readonly name: string;
  /** Exact versions. */
  readonly packages: Readonly<Record<string, string>>;
  readonly sources: readonly string[];
  /** Fields of its package.json. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Without `@aimdb/react`. */
  readonly isWithoutReact?: boolean;
}

/** Where the packed packages lie, by name. */
export type Tarballs = Readonly<Record<'@aimdb/wasm' | '@aimdb/react', string>>;

const NPM = [
  ...['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'],
  ...['--prefer-offline', '--loglevel=error'],
];

/** Makes an app, and gives its folder. Whatever an earlier run has built there is gone. */
export async function install(app: App, tarballs: Tarballs): Promise<string> {
  const folder = join(FOLDER, app.name);
  const { '@aimdb/wasm': wasm, '@aimdb/react': react } = tarballs;
  const ours = {
    '@aimdb/wasm': `file:${wasm}`,
    ...(!app.isWithoutReact && { '@aimdb/react': `file:${react}` }),
  };
  const described = {
    name: app.name,
    private: true,
    ...app.settings,
    dependencies: { ...ours, ...app.packages },
  };
  const text = `${JSON.stringify(described, null, 2)}\n`;
  const stamp = join(folder, 'node_modules/.places');
  const before = await readFile(stamp, 'utf8').catch(() => '');
  if (before !== text) await rm(folder, { recursive: true, force: true });
  await clear(folder);
  await writeFile(join(folder, 'package.json'), text);
  for (const source of app.sources) {
    await cp(join(SOURCES, source), folder, { recursive: true });
  }
  if (before !== text) {
    await promisify(execFile)('npm', NPM, { cwd: folder, shell: false, env: registryOnly() });
    await writeFile(stamp, text);
  }
  return folder;
}

/** Leaves `node_modules` alone, but for what bundlers keep there. */
async function clear(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name !== 'node_modules') await rm(join(folder, name), { recursive: true });
  }
  for (const cache of ['.vite', '.cache', '.vite-temp']) {
    await rm(join(folder, 'node_modules', cache), { recursive: true, force: true });
  }
}

/** npm's settings without those of the workspace that runs the tests. */
function registryOnly(): NodeJS.ProcessEnv {
  const names = Object.entries(process.env).filter(
    ([name]) =>
      !/^npm_(?!config_(registry|cache|userconfig|globalconfig|cafile|proxy|https_proxy|noproxy)$)/.test(
        name,
      ),
  );
  return Object.fromEntries(names);
}
