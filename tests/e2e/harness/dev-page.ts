/**
 * A page of a developer: Vite's own server over a copy of `page/live`, which a story may edit while the page is open, and which a
 * server may have rendered.
 */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { createServer, type Plugin, type ViteDevServer } from 'vite';

const files = fileURLToPath(new URL('../page/live', import.meta.url));
const here = fileURLToPath(new URL('..', import.meta.url));
const react18 = fileURLToPath(new URL('../../react-18/node_modules', import.meta.url));

export interface DevPageOptions {
  /** Whether a server has rendered the page. */
  readonly isRendered?: boolean;
  /** The React that the page is of: 19, unless it says 18. */
  readonly version?: '18' | '19';
}

export class DevPage {
  readonly #root: string;
  readonly #vite: ViteDevServer;

  private constructor(root: string, vite: ViteDevServer) {
    this.#root = root;
    this.#vite = vite;
  }

  static async start({
    isRendered = false,
    version = '19',
  }: DevPageOptions = {}): Promise<DevPage> {
    const root = await mkdtemp(`${here}.generated-live-`);
    await cp(files, root, { recursive: true });
    if (version === '18') await putReact18(root);
    const vite = await createServer({
      root,
      configFile: false,
      logLevel: 'error',
      cacheDir: `${root}/.vite`,
      plugins: [react(), ...(isRendered ? [renderer()] : [])],
      // The hooks stand outside of the page's folder, and take its React all the same.
      resolve: { dedupe: ['react', 'react-dom'] },
      // Or the page would load itself anew when these are found.
      optimizeDeps: {
        include: [
          'react',
          'react-dom',
          'react-dom/client',
          'react/jsx-runtime',
          'react/jsx-dev-runtime',
        ],
      },
      server: { port: 0, host: '127.0.0.1' },
    });
    await vite.listen();
    return new DevPage(root, vite);
  }

  /** Its address, for a page that mirrors the server at `socket`. */
  address(socket: string): string {
    const [local] = this.#vite.resolvedUrls?.local ?? [];
    return `${local}?server=${encodeURIComponent(socket)}`;
  }

  /** Changes a file as somebody at an editor does. */
  async edit(file: string, before: string, after: string): Promise<void> {
    const path = `${this.#root}/${file}`;
    const text = await readFile(path, 'utf8');
    if (!text.includes(before)) throw new Error(`${file} has no '${before}'`);
    await writeFile(path, text.replace(before, after));
  }

  async close(): Promise<void> {
    await this.#vite.close();
    await rm(this.#root, { recursive: true });
  }
}

/** Puts what the server renders into the page. */
function renderer(): Plugin {
  return {
    name: 'rendered',
    transformIndexHtml: {
      order: 'pre',
      handler: async (html, { server }) => {
        const module = await server?.ssrLoadModule('/server.tsx');
        return html.replace('<!--app-->', module?.renderPage());
      },
    },
  };
}

async function putReact18(root: string): Promise<void> {
  await mkdir(`${root}/node_modules`);
  for (const name of ['react', 'react-dom']) {
    await symlink(`${react18}/${name}`, `${root}/node_modules/${name}`);
  }
}
