/** What an error says when something else comes than the module that was asked for. */
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { type Installed, installed } from './support.js';

const WASM = { 'content-type': 'application/wasm' };

/** What a server answers with, made of the engine's bytes. */
const ANSWERS: Record<string, (bytes: Buffer) => RequestListener> = {
  missing: () => (_, response) => response.writeHead(404).end('<html>nothing</html>'),
  forbidden: () => (_, response) =>
    response.writeHead(403, { 'content-type': 'text/plain' }).end('no'),
  page: () => (_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('\n<!doctype html>'),
  pageAsWasm: () => (_, response) => response.writeHead(200, WASM).end('<!doctype html>'),
  empty: () => (_, response) => response.writeHead(200, { 'content-type': 'text/x' }).end(),
  zipped: (bytes) => (_, response) => response.writeHead(200).end(gzipSync(bytes)),
  cut: (bytes) => (_, response) => response.writeHead(200).end(bytes.subarray(0, 1000)),
  torn: (bytes) => (_, response) => {
    response.writeHead(200, { 'content-length': 99_999 });
    response.write(bytes.subarray(0, 1000), () => response.destroy());
  },
  slow: (bytes) => (_, response) => {
    response.writeHead(200, WASM);
    response.write(bytes.subarray(0, 1000), () => {
      setTimeout(() => response.end(bytes.subarray(1000)), 300);
    });
  },
};

async function server(folder: string): Promise<string> {
  const bytes = await readFile(join(folder, 'wasm/engine_bg.wasm'));
  const listening = createServer((request, response) => {
    const answer = ANSWERS[request.url?.slice(1) ?? ''] as (typeof ANSWERS)[string];
    answer(bytes)(request, response);
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void listening.close());
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

function initOf(source: string, { folder, run }: Installed, address = ''): Promise<unknown> {
  return run(
    `
    import init from '@aimdb/wasm';
    import { readFileSync } from 'node:fs';
    const [folder, address] = process.argv.slice(1);
    console.warn = () => {};
    const said = await init(${source}).then(() => ({ loaded: true }), (error) => error);
    const { code, reason, message, loaded } = said;
    console.log(JSON.stringify({ code, reason, message, loaded }));
  `,
    folder,
    address,
  );
}

test('an address that answers with something else is told with what came and what to do', {
  timeout: 60_000,
}, async () => {
  const app = await installed();
  const address = await server(app.folder);
  const check = async (path: string, reason: string, words: RegExp) => {
    const told = (await initOf(`address + '/${path}'`, app, address)) as { message: string };
    expect(told, path).toMatchObject({ code: 'INIT_FAILED', reason });
    expect(told.message).toContain(`${address}/${path}`);
    expect(told.message).toMatch(words);
  };
  await check(
    'missing',
    'not_found',
    /404 Not Found and no Content-Type, .*"<html>nothing<\/html>"/,
  );
  await check('forbidden', 'not_found', /403 Forbidden and text\/plain, beginning with "no"/);
  await check(
    'page',
    'not_wasm',
    /200 OK and text\/html.*"\\n<!doctype html>".*engine_bg\.wasm\?url/,
  );
  await check('pageAsWasm', 'damaged', /application\/wasm, and cannot be compiled: .*3c 21 64 6f/);
  await check('empty', 'not_wasm', /text\/x, no module, beginning with nothing/);
  await check('zipped', 'not_wasm', /beginning with 1f 8b .*Content-Encoding/);
  await check('cut', 'damaged', /\(1000 bytes\), and cannot be compiled/);
  await check('torn', 'unreachable', /and broke off: /);
  expect(await initOf("address + '/slow'", app, address)).toEqual({ loaded: true });
});

test('so it is with what is given otherwise', { timeout: 60_000 }, async () => {
  const app = await installed();
  const check = async (source: string, reason: string, words: RegExp) => {
    const told = (await initOf(source, app)) as { message: string };
    expect(told, source).toMatchObject({ code: 'INIT_FAILED', reason });
    expect(told.message).toMatch(words);
  };
  await check("'http://127.0.0.1:1/x.wasm'", 'unreachable', /127\.0\.0\.1:1\/x\.wasm could not be/);
  await check("folder + '/none.wasm'", 'unreachable', /none\.wasm could not be fetched: ENOENT/);
  await check(
    "folder + '/package.json'",
    'not_wasm',
    /package\.json, no module, beginning with "{/,
  );
  await check("new Response('<html>', { status: 500 })", 'not_found', /the Response .*500/);
  await check('new Uint8Array(3)', 'not_wasm', /bytes, no module, beginning with 00 00 00/);
  await check('new ArrayBuffer(0)', 'not_wasm', /beginning with nothing/);
  await check(
    "readFileSync(folder + '/wasm/engine_bg.wasm').subarray(0, 99)",
    'damaged',
    /99 bytes/,
  );
  await check("folder + '/wasm/types_bg.wasm'", 'other_build', /of types \w+, where engine \w+ is/);
  await check('null', 'not_wasm', /an address, bytes, .* got Null/);
  await check('5', 'not_wasm', /got Number/);
});
