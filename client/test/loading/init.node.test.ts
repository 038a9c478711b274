/** Loading the engine in Node, and importing the package where nothing must happen yet. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const client = fileURLToPath(new URL('../..', import.meta.url));
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

/** Sources with which the engine cannot begin, as code; `file` is the engine, `address` a server that has nothing. */
const FAILING = [
  "readFileSync(file.replace('engine', 'pipeline'))",
  "readFileSync(file.replace('engine', 'json_schema'))",
  "await WebAssembly.compile(readFileSync(file.replace('engine', 'types')))",
  'new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])',
  'new TextEncoder().encode("<html>")',
  'readFileSync(file).subarray(0, 1000)',
  'ofAnotherBuild(readFileSync(file))',
  'address',
  'address + "/torn"',
  "new Response('', { headers: { 'content-type': 'application/wasm' } })",
  'Promise.reject(new DOMException("gone", "AbortError"))',
  "file + '.none'",
];

/** Runs a script after one that fails to load, in a process of its own, with a server that has nothing to give. */
async function afterFailure(script: string): Promise<unknown> {
  const server = createServer((request, response) => {
    if (request.url?.endsWith('torn')) {
      response.writeHead(200, { 'content-type': 'application/wasm', 'content-length': '99999' });
      response.write(Buffer.from([0, 97, 115, 109, 1]), () => response.destroy());
    } else {
      response.writeHead(404).end('<html>nothing</html>');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const told = await inNode(
    `
    import { readFileSync } from 'node:fs';
    const [file, address] = process.argv.slice(1);
    const codeOf = (work) => work.then(() => 'loaded', (error) => error.code);
    function ofAnotherBuild(bytes) {
      const other = Buffer.from(bytes);
      other[other.length - 1] ^= 1;
      return other;
    }
    ${script}`,
    wasm,
    address,
  ).finally(() => server.close());
  return told;
}

const USED = `
  const db = new aimdb.WasmDb();
  db.configureRecord('r', { schemaType: 'temperature', buffer: 'SingleLatest' });
  db.set('r', { celsius: 1, timestamp: 2 });
  const read = db.get('r').celsius;
`;

test.each(FAILING)('after a failure with %s the next call starts anew', async (source) => {
  const told = await afterFailure(`
    import * as aimdb from '@aimdb/wasm';
    const codes = [];
    for (let time = 0; time < 2; time++) codes.push(await codeOf(aimdb.default(${source})));
    try { new aimdb.WasmDb(); } catch (error) { codes.push(error.code); }
    await aimdb.default();
    ${USED}
    console.log(JSON.stringify({ codes, read }));
  `);
  expect(told).toEqual({ codes: ['INIT_FAILED', 'INIT_FAILED', 'NOT_INITIALISED'], read: 1 });
});

test('so it is with every module of the package', async () => {
  const told = await afterFailure(`
    import * as store from '@aimdb/wasm/store';
    import * as schemas from '@aimdb/wasm/json-schema';
    import * as types from '@aimdb/wasm/types';
    const codes = [];
    for (const { default: init } of [store, schemas, types]) {
      codes.push(await codeOf(init(readFileSync(file))), await codeOf(init()));
    }
    const { x } = store.createStore({ x: 1 }).getState();
    const { name } = schemas.fromJsonSchema({ type: 'object', properties: {} }, { name: 'n' });
    console.log(JSON.stringify({ codes, x, name }));
  `);
  const codes = ['INIT_FAILED', 'loaded', 'INIT_FAILED', 'loaded', 'INIT_FAILED', 'loaded'];
  expect(told).toEqual({ codes, x: 1, name: 'n' });
});

test('an engine of the application that cannot be used leaves room for the next one, and for this package', async () => {
  const told = await afterFailure(`
    import * as aimdb from '@aimdb/wasm';
    const begun = [];
    // As wasm-bindgen writes it: what it has begun with it keeps.
    const glueOf = (api) => {
      let exports;
      return {
        Engine: class {},
        RecordOptions: class {},
        engineApi: () => api,
        default: async (options) => {
          begun.push(api);
          exports ??= (await WebAssembly.instantiate(options.module_or_path, {})).exports;
          return exports;
        },
      };
    };
    // A module that exports a memory under the name of the call of every engine.
    const engine = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 13, 1, 9,
      ...new TextEncoder().encode('engineApi'), 2, 0);
    const other = readFileSync(file.replace('engine', 'pipeline'));
    const [glue, old] = [glueOf(3), glueOf(1)];
    const codes = [
      await codeOf(aimdb.default({ glue, module: other })),
      await codeOf(aimdb.default({ glue, module: address })),
      await codeOf(aimdb.default({ glue: old, module: engine })),
      await codeOf(aimdb.default({ glue: old, module: engine })),
    ];
    await aimdb.default();
    ${USED}
    const late = await codeOf(aimdb.default({ glue, module: engine }));
    console.log(JSON.stringify({ codes, begun, read, late }));
  `);
  expect(told).toEqual({
    codes: ['INIT_FAILED', 'INIT_FAILED', 'INIT_FAILED', 'INIT_FAILED'],
    begun: [1, 1],
    read: 1,
    late: 'ENGINE_LOADED',
  });
});
