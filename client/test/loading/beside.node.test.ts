/** What happens when the file beside the package does not come, and the entries that need none. */
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installed } from './support.js';

/** Counts warnings, and uses the engine. */
const USED = `
  import * as aimdb from '@aimdb/wasm';
  const warnings = [];
  console.warn = (words) => warnings.push(words);
  const used = () => {
    const db = new aimdb.WasmDb();
    db.configureRecord('r', { schemaType: 'temperature', buffer: 'SingleLatest' });
    db.set('r', { celsius: 1, timestamp: 2 });
    return db.get('r').celsius;
  };
`;

test('the engine comes from its file, and nothing is said', async () => {
  const { run } = await installed();
  const told = await run(`${USED}
    const before = aimdb.engineInfo();
    await aimdb.default();
    console.log(JSON.stringify({ before, read: used(), warnings, ...aimdb.engineInfo() }));
  `);
  expect(told).toMatchObject({
    before: null,
    read: 1,
    warnings: [],
    kind: 'wasm',
    place: 'file',
    why: null,
  });
  expect((told as { memoryBytes: number }).memoryBytes).toBeGreaterThan(100_000);
});

const IN_PLACE: Record<string, (file: string, folder: string) => Promise<void>> = {
  nothing: (file) => rm(file),
  'a page': (file) => writeFile(file, '<!doctype html><title>app</title>'),
  'the module of another build': (file, folder) =>
    copyFile(join(folder, 'wasm/pipeline_bg.wasm'), file),
};

test.each(Object.keys(IN_PLACE))(
  'with %s in place of the file the copy in JavaScript is used, and one warning says what to do',
  async (kind) => {
    const { folder, run } = await installed();
    await IN_PLACE[kind]?.(join(folder, 'wasm/engine_bg.wasm'), folder);
    const told = (await run(`${USED}
      await Promise.all([aimdb.default(), aimdb.default()]);
      await aimdb.default();
      console.log(JSON.stringify({ read: used(), warnings, ...aimdb.engineInfo() }));
    `)) as { warnings: string[]; why: string };
    expect(told).toMatchObject({ read: 1, kind: 'wasm', place: 'inline' });
    expect(told.warnings).toHaveLength(1);
    expect(told.warnings[0]).toContain(told.why);
    expect(told.warnings[0]).toMatch(/copy .*engine_bg\.wasm to file:.*@aimdb\/wasm\/inline/);
  },
);

test('where the copy is missing too, the error says both, and a later init finds the file', async () => {
  const { folder, run } = await installed();
  const file = join(folder, 'wasm/engine_bg.wasm');
  await copyFile(file, join(folder, 'kept'));
  await rm(file);
  await rm(join(folder, 'wasm/engine_inline.js'));
  const told = (await run(
    `${USED}
    import { copyFileSync } from 'node:fs';
    const [file, kept] = process.argv.slice(1);
    const { code, reason, message, cause } = await aimdb.default().catch((error) => error);
    copyFileSync(kept, file);
    await aimdb.default();
    console.log(JSON.stringify({ code, reason, message, read: used(), cause: cause.code, ...aimdb.engineInfo() }));
  `,
    file,
    join(folder, 'kept'),
  )) as { message: string };
  expect(told).toMatchObject({
    code: 'INIT_FAILED',
    reason: 'unreachable',
    read: 1,
    place: 'file',
  });
  expect(told.message).toMatch(/ENOENT.*nor is it in the bundle.*: copy .*engine_bg\.wasm/);
});

test('every module of the package has such a copy', async () => {
  const { folder, run } = await installed();
  for (const name of ['pipeline', 'json_schema', 'types']) {
    await rm(join(folder, `wasm/${name}_bg.wasm`));
  }
  const told = await run(`${USED}
    import * as store from '@aimdb/wasm/store';
    import * as schemas from '@aimdb/wasm/json-schema';
    import * as types from '@aimdb/wasm/types';
    for (const { default: init } of [store, schemas, types]) await init();
    const { x } = store.createStore({ x: 1 }).getState();
    const contract = schemas.fromJsonSchema({ type: 'object', properties: {} }, { name: 'n' });
    const files = warnings.map((words) => words.match(/copy \\S*\\/(\\w+)_bg.wasm/)[1]);
    console.log(JSON.stringify({ x, text: types.typescript([contract]).length > 0, files }));
  `);
  expect(told).toEqual({ x: 1, text: true, files: ['pipeline', 'json_schema', 'types'] });
});

test('the entries with the module inside ask for no file', async () => {
  const { folder, run } = await installed();
  for (const name of ['engine', 'pipeline']) await rm(join(folder, `wasm/${name}_bg.wasm`));
  const told = await run(`${USED}
    import * as store from '@aimdb/wasm/store';
    import inline from '@aimdb/wasm/inline';
    import inlineStore from '@aimdb/wasm/store/inline';
    globalThis.fetch = () => { throw new Error('fetched') };
    process.getBuiltinModule = () => { throw new Error('read') };
    await inline();
    await inlineStore();
    // Who loads it again, such as a provider, gets what is there.
    await aimdb.default();
    await store.default();
    const { x } = store.createStore({ x: 1 }).getState();
    console.log(JSON.stringify({ read: used(), x, warnings, ...aimdb.engineInfo() }));
  `);
  expect(told).toMatchObject({ read: 1, x: 1, warnings: [], place: 'inline', why: null });
});

test('without TextDecoder, as in the jsdom of Jest, it is imported and works', async () => {
  const { run } = await installed();
  const told = await run(`
    delete globalThis.TextDecoder;
    delete globalThis.TextEncoder;
    delete globalThis.fetch;
    const aimdb = await import('@aimdb/wasm');
    const store = await import('@aimdb/wasm/store');
    const schemas = await import('@aimdb/wasm/json-schema');
    for (const { default: init } of [aimdb, store, schemas]) await init();
    const db = new aimdb.WasmDb();
    db.configureRecord('ü', { contract: { name: 'texts', version: 1, fields: [{ name: 'text', kind: 'text' }] }, buffer: 'SingleLatest' });
    db.set('ü', { text: 'ö😀' });
    const { x } = store.createStore({ x: 'ä' }).getState();
    const { name } = schemas.fromJsonSchema({ type: 'object', properties: {} }, { name: 'n' });
    console.log(JSON.stringify({ read: db.get('ü'), x, name }));
  `);
  expect(told).toEqual({ read: { text: 'ö😀' }, x: 'ä', name: 'n' });
});
