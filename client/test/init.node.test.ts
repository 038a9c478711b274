/** Loading the engine in Node, and importing the package where nothing must happen yet. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const client = fileURLToPath(new URL('..', import.meta.url));
const wasm = `${client}wasm/engine_bg.wasm`;

/** Runs a module in a fresh process; what it prints is JSON. */
async function inNode(script: string, ...rest: string[]): Promise<unknown> {
  const run = promisify(execFile);
  const { stdout } = await run('node', ['--input-type=module', '-e', script, '--', ...rest], {
    cwd: client,
  });
  return JSON.parse(stdout);
}

test('importing touches no global, reads no file, and lets the process end', async () => {
  const told = await inNode(`
    const before = Object.getOwnPropertyNames(globalThis);
    globalThis.fetch = () => { throw new Error('fetched') };
    const aimdb = await import('@aimdb/wasm');
    const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name));
    let code; try { new aimdb.WasmDb() } catch (error) { code = error.code }
    let message; try { new aimdb.WasmDb() } catch (error) { message = error.message }
    console.log(JSON.stringify({ added, code, message, json: aimdb.validate('[1]') }));
  `);
  expect(told).toMatchObject({
    added: [],
    code: 'NOT_INITIALISED',
    json: { ok: true, value: [1] },
  });
  expect((told as { message: string }).message).toContain('await init()');
});

test('init is idempotent, is shared by calls at the same time, and can be repeated after a failure', async () => {
  const told = await inNode(`
    import init, { WasmDb } from '@aimdb/wasm';
    const failed = await init('/nowhere/engine.wasm').catch((error) => error);
    const [one, two] = [init(), init()];
    await Promise.all([one, two]);
    await init();
    const db = new WasmDb();
    db.free();
    console.log(JSON.stringify({ code: failed.code, cause: failed.cause.code, same: one === two }));
  `);
  expect(told).toEqual({ code: 'INIT_FAILED', cause: 'ENOENT', same: true });
});

test('the engine may come from a path, a file address, bytes, a module, a response or a server', async () => {
  const bytes = await readFile(wasm);
  const server = createServer((_, response) => response.end(bytes));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/engine.wasm`;
  const sources = [
    'file',
    'pathToFileURL(file)',
    'pathToFileURL(file).href',
    'readFileSync(file)',
    'await WebAssembly.compile(readFileSync(file))',
    "new Response(readFileSync(file), { headers: { 'content-type': 'application/wasm' } })",
    'address',
  ];
  const told = await Promise.all(
    sources.map((source) =>
      inNode(
        `
        import { readFileSync } from 'node:fs';
        import { pathToFileURL } from 'node:url';
        import init, { WasmDb } from '@aimdb/wasm';
        const [file, address] = process.argv.slice(1);
        await init(${source});
        console.log(JSON.stringify(new WasmDb().knownSchemas().length > 0));
      `,
        wasm,
        address,
      ),
    ),
  );
  server.close();
  expect(told).toEqual(sources.map(() => true));
});
