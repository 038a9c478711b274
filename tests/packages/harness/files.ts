/** A plain web server for what was built, as any host of static files would serve it. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript',
  '.txt': 'text/plain',
  '.wasm': 'application/wasm',
};

/** What a host does otherwise than it should, for a file; true when it has answered. */
export type Oddity = (path: string, response: ServerResponse) => boolean;

export async function whileFilesAreServed(
  folder: string,
  look: (address: string) => Promise<void>,
  odd: { readonly headers?: Readonly<Record<string, string>>; readonly answer?: Oddity } = {},
): Promise<void> {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://host').pathname);
    for (const [name, value] of Object.entries(odd.headers ?? {})) response.setHeader(name, value);
    if (odd.answer?.(path, response)) return;
    const found = await fileAt(folder, path);
    if (!found) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
      return;
    }
    const type = TYPES[extname(found.name)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type }).end(found.content);
  });
  try {
    await look(await listen(server));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function fileAt(folder: string, path: string) {
  for (const name of [path, `${path}/index.html`, `${path}.html`]) {
    const content = await readFile(join(folder, name)).catch(() => null);
    if (content) return { name, content };
  }
  return null;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
