/** An engine that an application has built: its graph and JavaScript in one database, in a page and in Node. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storyTabs } from '../harness/chromium.js';
import { Server } from '../harness/server.js';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../..', import.meta.url));
const example = join(repository, 'examples/own-engine');
const tabs = storyTabs();

let server: PreviewServer;
let folder: string;

beforeAll(async () => {
  server = await preview({
    root: example,
    configFile: false,
    logLevel: 'warn',
    preview: { port: 0, host: '127.0.0.1' },
  });
  folder = mkdtempSync(join(tmpdir(), 'own-engine-'));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

test('a page sets the pump, is refused with the path, and follows what Rust derives', async () => {
  const page = await tabs.open(server.resolvedUrls?.local[0] as string);
  const warnings: string[] = [];
  page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
  const shown = (what: string) => page.getByTestId(what).textContent();
  await page.getByRole('heading', { name: 'An engine of one’s own' }).waitFor();
  expect(await shown('keys')).toBe('pump pressure flow power');
  // The source runs.
  await expect.poll(() => shown('pressure')).toBe('1 2 3 4 5 bar');
  expect(await shown('flow')).toBe('-');

  // The slowest of two stages decides; a transform and a join follow.
  await page.getByRole('button', { name: 'Run' }).click();
  await expect.poll(() => shown('flow')).toBe('15 l/s');
  await expect.poll(() => shown('power')).toMatch(/^(1500|3000|4500|6000|7500) W$/);
  expect(warnings).toEqual([]);

  // The contract of the derive refuses, in the words and at the place of every other contract.
  await page.getByRole('textbox').fill('9000');
  await page.getByRole('button', { name: 'Run' }).click();
  await expect.poll(() => shown('refusal')).toContain('stages[1].rpm');
  expect(await shown('flow')).toBe('15 l/s');

  await page.getByRole('textbox').fill('1900');
  await page.getByRole('button', { name: 'Run' }).click();
  await expect.poll(() => shown('flow')).toBe('19 l/s');
  await expect.poll(() => warnings).toEqual(['[aimdb] the flow is 19 l/s']);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect.poll(() => shown('flow')).toBe('0 l/s');
  await expect.poll(() => shown('power')).toBe('0 W');
  expect(tabs.errors).toEqual([]);
});

/** Runs a module beside the package as npm installs it; what it prints is JSON. */
async function withPackage(script: string, ...rest: string[]): Promise<unknown> {
  const packed = join(folder, 'packed');
  mkdirSync(packed, { recursive: true });
  const npm = ['pack', '--silent', '--ignore-scripts', '--pack-destination', packed];
  const { stdout: name } = await run('npm', npm, { cwd: join(repository, 'client') });
  const installed = join(folder, 'node_modules/@aimdb/wasm');
  mkdirSync(installed, { recursive: true });
  const tarball = join(packed, name.trim());
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  const file = join(folder, 'script.mjs');
  writeFileSync(file, script);
  // It ends by itself only if nothing of the graph goes on behind a freed database.
  const { stdout } = await run('node', [file, join(example, 'pkg'), ...rest], { timeout: 30_000 });
  return JSON.parse(stdout);
}

test('the package as npm installs it takes the engine in Node, and refuses what is none', async () => {
  const told = await withPackage(`
    import { pathToFileURL } from 'node:url';
    import init, { WasmDb, validate } from '@aimdb/wasm';
    const pkg = process.argv[2];
    const glue = await import(pathToFileURL(pkg + '/own_engine.js').href);
    const code = (call) => call().then(() => 'none', (error) => error.code + ': ' + error.message);
    const refusals = [
      await code(() => init({ glue: {} })),
      await code(() => init({ glue, modul: 'x' })),
      await code(() => init({ glue: { ...glue, engineApi: () => 0 }, module: pkg + '/own_engine_bg.wasm' })),
    ];
    await init({ glue, module: pkg + '/own_engine_bg.wasm' });
    // Who knows nothing of it, such as a component, gets the same.
    await init();
    refusals.push(await code(() => init({ glue: { ...glue } })));

    const db = new WasmDb();
    const keys = db.keys();
    const flows = [];
    db.subscribe('flow', (meter, meta) => flows.push([meter.value, meta.origin]));
    const powers = new Promise((resolve) => db.subscribe('power', (meter) => meter.value && resolve(meter.value)));
    db.set('pump', { on: true, stages: [{ rpm: 1000 }] });
    const power = await powers;
    let refused;
    try { db.set('pump', { on: true, stages: [{ rpm: 1 }, { rpm: -1 }] }) } catch (error) { refused = [error.code, error.record, error.path] }
    // Its contracts are contracts like any other.
    db.configureRecord('pump.2', { schemaType: 'pump', buffer: 'SingleLatest' });
    db.set('pump.2', { on: false, stages: [{ rpm: 5 }] });
    let taken; try { db.configureRecord('flow', { schemaType: 'meter', buffer: 'SingleLatest' }) } catch (error) { taken = error.code }
    let used; try { db.removeRecord('pump') } catch (error) { used = error.code }
    const judged = [validate('stage', '{"rpm":1}').error?.code, validate('pump', '{"on":true,"stages":[]}').error.path];
    // A second database has a graph of its own.
    const other = new WasmDb();
    const others = [other.get('pump'), other.keys().length];
    const ring = [db.inspect('pressure').schemaType, db.history('pressure').length > 0, db.schema('meter').fields.length];
    other.free();
    db.free();
    console.log(JSON.stringify({ refusals, keys, flows, isPower: power % 1000, refused, pump2: true, taken, used, judged, others, ring }));
  `);
  const { refusals, ...rest } = told as { refusals: string[] };
  expect(refusals.map((refusal) => refusal.split(':')[0])).toEqual([
    'OPTIONS_INVALID',
    'OPTIONS_INVALID',
    'INIT_FAILED',
    'ENGINE_LOADED',
  ]);
  expect(refusals[2]).toContain('build it with the version of this package');
  expect(rest).toEqual({
    keys: ['pump', 'pressure', 'flow', 'power'],
    flows: [[10, 'rule']],
    isPower: 0,
    refused: ['CONTRACT_VIOLATION', 'pump', 'stages[1].rpm'],
    pump2: true,
    taken: 'KEY_TAKEN',
    used: 'RECORD_IN_USE',
    judged: ['SCHEMA_UNKNOWN', 'stages'],
    others: [null, 4],
    ring: ['meter', true, 2],
  });
});

test('in Node an engine without an address is told to have one', async () => {
  const told = await withPackage(`
    import { pathToFileURL } from 'node:url';
    import init from '@aimdb/wasm';
    const glue = await import(pathToFileURL(process.argv[2] + '/own_engine.js').href);
    console.log(JSON.stringify(await init({ glue }).catch((error) => error.message)));
  `);
  expect(told).toContain('init({ glue, module })');
});

test('a record of the graph is mirrored from a server like any other', async () => {
  const open = `
    import { pathToFileURL } from 'node:url';
    import init, { WasmDb } from '@aimdb/wasm';
    const [, , pkg, socket, ws] = process.argv;
    const glue = await import(pathToFileURL(pkg + '/own_engine.js').href);
    await init({ glue, module: pkg + '/own_engine_bg.wasm' });
  `;
  // The server knows the contract by its file, and the engine by its Rust type.
  const file = await withPackage(`${open}
    const db = new WasmDb();
    console.log(JSON.stringify(db.schema('pump')));
    db.free();
  `);
  writeFileSync(join(folder, 'pump.json'), JSON.stringify(file));
  const config = join(folder, 'server.toml');
  const record = '[[records]]\nkey = "pump"\nschema = "pump"\nwritable = true\n';
  writeFileSync(config, `[[contracts]]\nfile = "pump.json"\n${record}`);
  const hub = await Server.configured(config);
  try {
    const told = await withPackage(
      `${open}
      const { default: WebSocket } = await import(pathToFileURL(ws).href);
      const connect = (db) => new Promise((resolve) => {
        const bridge = db.connectBridge(socket, { WebSocket, subscribeTopics: ['#'] });
        bridge.onStatusChange((status) => status === 'connected' && resolve(bridge));
      });
      const [here, there] = [new WasmDb(), new WasmDb()];
      await Promise.all([connect(here), connect(there)]);
      const flow = new Promise((resolve) => there.subscribe('flow', (meter, { origin }) => resolve([meter.value, origin])));
      here.set('pump', { on: true, stages: [{ rpm: 700 }] });
      const derived = await flow;
      const of = there.get('pump');
      here.free();
      there.free();
      console.log(JSON.stringify({ derived, of }));
    `,
      hub.socket,
      createRequire(import.meta.url).resolve('ws'),
    );
    expect(told).toEqual({
      derived: [7, 'rule'],
      of: { on: true, stages: [{ rpm: 700 }] },
    });
  } finally {
    await hub.kill();
  }
});
