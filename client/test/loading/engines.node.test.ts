/** The engine as plain JavaScript: the same program as the wasm, chosen where it must be, and seen. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { installed } from './support.js';

const program = fileURLToPath(new URL('program.mjs', import.meta.url));

interface Outcome {
  readonly ran: string;
  readonly written: number;
  readonly grew: boolean;
  readonly lines: readonly string[];
}

async function outcomeOn(engine: string, seed: number): Promise<Outcome> {
  const options = { maxBuffer: 1 << 28 };
  const { stdout } = await promisify(execFile)('node', [program, engine, `${seed}`], options);
  return JSON.parse(stdout);
}

test('random programs give the same on both engines, to the bit', {
  timeout: 120_000,
}, async () => {
  const first = Number(process.env.AIMDB_SEED ?? 1 + Math.floor(Math.random() * 1e6));
  console.log(`[engines] programs from seed ${first} on; AIMDB_SEED chooses another`);
  for (let seed = first; seed < first + 4; seed++) {
    const [wasm, js] = await Promise.all([outcomeOn('wasm', seed), outcomeOn('js', seed)]);
    expect([wasm.ran, js.ran]).toEqual(['wasm', 'js']);
    expect([wasm.grew, js.grew]).toEqual([true, true]);
    // Some of the values are taken, and some refused.
    expect(wasm.written).toBeGreaterThan(300);
    expect(wasm.lines.length - wasm.written).toBeGreaterThan(300);
    for (const [at, line] of wasm.lines.entries()) {
      expect(js.lines[at], `seed ${seed}, line ${at}`).toBe(line);
    }
    expect(js.lines).toHaveLength(wasm.lines.length);
  }
});

const SETUP = `
  import init, * as aimdb from '@aimdb/wasm';
  const codeOf = (work) => work.then(() => 'loaded', (error) => error.code + ' ' + error.reason);
  const info = () => { const { kind, place, why } = aimdb.engineInfo(); return { kind, place, why } };
  const used = () => {
    const db = new aimdb.WasmDb();
    db.configureRecord('r', { schemaType: 'temperature', buffer: 'SingleLatest' });
    db.set('r', { celsius: 1, timestamp: 2 });
    return db.get('r').celsius;
  };
`;

test('without WebAssembly plain JavaScript is taken, and says why; the store needs WebAssembly and says so', async () => {
  const { run } = await installed();
  const told = await run(`${SETUP}
    import initStore from '@aimdb/wasm/store';
    delete globalThis.WebAssembly;
    const codes = [await codeOf(init({ engine: 'wasm' })), await codeOf(initStore())];
    const { message } = await initStore().catch((error) => error);
    await init();
    console.log(JSON.stringify({ codes, message, read: used(), ...info() }));
  `);
  expect(told).toMatchObject({
    codes: ['INIT_FAILED no_wasm', 'INIT_FAILED no_wasm'],
    read: 1,
    kind: 'js',
    place: 'file',
    why: 'there is no WebAssembly here',
  });
  const { message } = told as { message: string };
  expect(message).toMatch(/needs WebAssembly.*wasm-unsafe-eval/);
});

test('where compiling is refused plain JavaScript is taken, unless a compiled module is given', async () => {
  const { run } = await installed();
  const refused = `${SETUP}
    import { readFileSync } from 'node:fs';
    const bytes = readFileSync('node_modules/@aimdb/wasm/wasm/engine_bg.wasm');
    const module = new WebAssembly.Module(bytes);
    WebAssembly.Module = new Proxy(WebAssembly.Module, { construct() { throw new Error('code generation disallowed') } });
  `;
  const taken = await run(`${refused}
    await init(bytes);
    console.log(JSON.stringify({ read: used(), ...info() }));
  `);
  expect(taken).toEqual({ read: 1, kind: 'js', place: 'file', why: 'code generation disallowed' });
  const given = await run(`${refused}
    await init(module);
    console.log(JSON.stringify({ read: used(), ...info() }));
  `);
  expect(given).toEqual({ read: 1, kind: 'wasm', place: 'given', why: null });
});

test('what asks for another engine than the one that runs is refused, and the rest gets that one', async () => {
  const { run } = await installed();
  const order = async (...calls: string[]) =>
    run(`${SETUP}
      import inJs from '@aimdb/wasm/js';
      import inline from '@aimdb/wasm/inline';
      const codes = await Promise.all([${calls.join(', ')}].map(codeOf));
      console.log(JSON.stringify({ codes, read: used(), kind: info().kind, place: info().place }));
    `);
  const clash = 'ENGINE_LOADED undefined';
  const all = [
    'init()',
    "init({ engine: 'js' })",
    "init({ engine: 'wasm' })",
    'inJs()',
    'inline()',
  ];
  const [auto, js, wasm, entry, packed] = all as [string, string, string, string, string];
  expect(await order(auto, js, wasm, entry, packed)).toEqual({
    codes: ['loaded', clash, 'loaded', clash, 'loaded'],
    read: 1,
    kind: 'wasm',
    place: 'file',
  });
  expect(await order(js, auto, wasm, entry, packed)).toEqual({
    codes: ['loaded', 'loaded', clash, 'loaded', 'loaded'],
    read: 1,
    kind: 'js',
    place: 'file',
  });
  expect(await order(entry, js)).toMatchObject({ codes: ['loaded', 'loaded'], place: 'inline' });
  expect(await order(packed, wasm)).toMatchObject({ codes: ['loaded', 'loaded'], place: 'inline' });
});

test('options that mean nothing are refused', async () => {
  const { run } = await installed();
  const told = await run(`${SETUP}
    const codes = [];
    for (const options of [{ engine: 'fast' }, { motor: 'js' }, { engine: 'js', module: '/x' }, { glue: {}, engine: 'js' }]) {
      codes.push(await codeOf(init(options)));
    }
    await init({});
    console.log(JSON.stringify({ codes, read: used() }));
  `);
  const refused = 'OPTIONS_INVALID undefined';
  expect(told).toEqual({ codes: [refused, refused, refused, refused], read: 1 });
});

test('a missing or older file of plain JavaScript is an error that says what to do', async () => {
  const { folder, run } = await installed();
  const { rm, readFile, writeFile } = await import('node:fs/promises');
  const file = `${folder}/wasm/engine_plain.js`;
  const text = await readFile(file, 'utf8');
  const init = () =>
    run(`${SETUP}
      const { code, reason, message } = await init({ engine: 'js' }).catch((error) => error);
      console.log(JSON.stringify({ code, reason, message }));
    `) as Promise<{ message: string }>;
  await writeFile(file, text.replace(/engine [0-9a-f]{8}/, 'engine 00000000'));
  expect(await init()).toMatchObject({ code: 'INIT_FAILED', reason: 'other_build' });
  await rm(file);
  const missing = await init();
  expect(missing).toMatchObject({ code: 'INIT_FAILED', reason: 'unreachable' });
  expect(missing.message).toContain('@aimdb/wasm/js');
});
