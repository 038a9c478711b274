/** The types of contracts and records under every TypeScript that they are held to, and what they cost it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMPILERS, compile } from '../../../tests/compilers/compile.js';

const MINUTE = 60_000;
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const VERSIONS = Object.keys(COMPILERS);

/** Inside the package, so that the files in it find the package. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(here('.generated-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function generated(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

test.each(VERSIONS)(
  'right uses and all entries compile with TypeScript %s, and wrong uses do not',
  { timeout: MINUTE },
  async (version) => {
    const entries = ['', '/store', '/valtio'].map(
      (entry, at) => `export type * as entry${at} from '@aimdb/wasm${entry}';`,
    );
    const path = await generated(`entries-${version}.ts`, entries.join('\n'));
    const files = [here('contract.types.ts'), here('records.types.ts'), path];
    expect((await compile(version, files)).errors).toEqual([]);
  },
);

test.each(VERSIONS)(
  'declared records compile with TypeScript %s',
  { timeout: MINUTE },
  async (version) => {
    expect((await compile(version, [here('declared.types.ts')])).errors).toEqual([]);
  },
);

test.each(VERSIONS)(
  'an expected error that does not come is found by TypeScript %s',
  { timeout: MINUTE },
  async (version) => {
    const text = `import type { WasmDb } from '@aimdb/wasm';
declare const db: WasmDb;
// @ts-expect-error: there is none
db.get('any key');
export {};`;
    const path = await generated(`unused-${version}.ts`, text);
    const { errors } = await compile(version, [path]);
    expect(errors).toEqual([expect.stringContaining('TS2578')]);
  },
);

/** So many types per field are a multiple of what it takes; a type that is worked out over and over takes millions. */
const INSTANTIATIONS_MAX = 300;
const FIELDS = 256;

test.each(VERSIONS)(
  `two contracts of ${FIELDS} fields are no work for TypeScript %s`,
  { timeout: MINUTE },
  async (version) => {
    const kinds = [
      "'f64', min: 0, default: 1",
      "'text', optional: true",
      "{ enum: ['a', 'b', 'c'] }",
      "{ list: { kind: 'text', maxLength: 20 } }",
      "{ map: 'u8' }",
      "{ contract: 'part' }",
      "{ nullable: { contract: 'big' } }",
      "{ object: { fields: [{ name: 'x', kind: 'time' }] } }",
    ];
    const fields = Array.from(
      { length: FIELDS },
      (_, at) => `{ name: 'f${at}', kind: ${kinds[at % kinds.length]} }`,
    );
    const text = `import { type ContractInput, type ContractValue, defineContract, defineRecords, type WasmDb } from '@aimdb/wasm';
const big = defineContract({ name: 'big', version: 1, fields: [${fields}], contracts: [{ name: 'part', version: 1, fields: [${fields}] }] });
declare const value: ContractValue<typeof big>;
export const written: ContractInput<typeof big> = value;
export const x: number | undefined = value.f6?.f5.f6?.f6?.f7.x;
export const records = defineRecords({ a: { contract: big, buffer: 'Mailbox' }, b: { contract: big, buffer: 'Mailbox' } });
declare const db: WasmDb<typeof records>;
db.set('a', value);
export const read: ContractValue<typeof big> | null = db.get('b');
`;
    const { errors, instantiations } = await compile(version, [
      await generated(`big-${version}.ts`, text),
    ]);
    expect(errors).toEqual([]);
    console.info(
      `TypeScript ${version}: ${instantiations} instantiations for ${2 * FIELDS} fields`,
    );
    expect(instantiations).toBeLessThan(INSTANTIATIONS_MAX * 2 * FIELDS);
  },
);

/** A kind inside a kind and so on, and the expression that reads its innermost number. */
const nested = (depth: number, kind: (inner: string) => string, read: string) => {
  let whole = "'u8'";
  for (let at = 0; at < depth; at++) whole = kind(whole);
  return `{
  const deep = defineContract({ name: 'deep', version: 1, fields: [{ name: 'it', kind: ${whole} }] });
  const check = (value: ContractValue<typeof deep>): number => value.it${read.repeat(depth)};
  const write = (value: ContractValue<typeof deep>): ContractInput<typeof deep> => value;
  [check, write];
}`;
};

test.each(VERSIONS)(
  'deep kinds are not too deep for TypeScript %s',
  { timeout: MINUTE },
  async (version) => {
    const text = `import { type ContractInput, type ContractValue, defineContract } from '@aimdb/wasm';
${nested(31, (inner) => `{ list: ${inner} }`, '[0]!')}
${nested(31, (inner) => `{ map: ${inner} }`, "['x']!")}
${nested(31, (inner) => `{ tuple: [${inner}] }`, '[0]')}
${nested(15, (inner) => `{ nullable: { list: ${inner} } }`, '![0]!')}
${nested(OBJECTS, (inner) => `{ object: { fields: [{ name: 'n', kind: ${inner} }] } }`, '.n')}
${nested(CASES, (inner) => `{ oneOf: { tag: 't', cases: { a: { fields: [{ name: 'n', kind: ${inner} }] } } } }`, '.n')}
`;
    const { errors } = await compile(version, [await generated(`deep-${version}.ts`, text)]);
    expect(errors).toEqual([]);
  },
);

/** The compiler compares a literal within a hundred steps, and an object in place takes six: deeper ones need a name. */
const OBJECTS = 16;
const CASES = 10;

test('an editor shows values as plain objects', async () => {
  const ts = createRequire(import.meta.url)(COMPILERS['5.9'] as string);
  const text = `import { type ContractInput, type ContractValue, defineContract } from '@aimdb/wasm';
const order = defineContract({ name: 'order', version: 1, fields: [
  { name: 'id', kind: 'text' }, { name: 'count', kind: 'u8', default: 1 },
  { name: 'at', kind: { object: { fields: [{ name: 'x', kind: { list: 'f64' } }] } } },
  { name: 'shape', kind: { oneOf: { tag: 'type', cases: { a: { fields: [{ name: 'r', kind: 'f64' }] }, b: { fields: [] } } } } },
] });
export type Read = ContractValue<typeof order>;
export type Written = ContractInput<typeof order>;
`;
  const path = await generated('hover.ts', text);
  const service = ts.createLanguageService({
    getScriptFileNames: () => [path],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name: string) => {
      const read = ts.sys.readFile(name);
      return read === undefined ? undefined : ts.ScriptSnapshot.fromString(read);
    },
    getCurrentDirectory: () => folder,
    getCompilationSettings: () => ({
      strict: true,
      target: 9,
      module: 99,
      moduleResolution: 100,
      types: [],
      noErrorTruncation: true,
    }),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
  });
  const hover = (word: string) =>
    ts.displayPartsToString(
      service.getQuickInfoAtPosition(path, text.indexOf(`type ${word}`) + 5).displayParts,
    );
  expect(hover('Read').replace(/\s+/g, ' ')).toBe(
    'type Read = { readonly id: string; readonly count: number; readonly at: { readonly x: readonly number[]; }; readonly shape: { readonly type: "a"; readonly r: number; } | { readonly type: "b"; }; }',
  );
  expect(hover('Written').replace(/\s+/g, ' ')).toBe(
    'type Written = { readonly id: string; readonly at: { readonly x: readonly number[]; }; readonly shape: { readonly type: "a"; readonly r: number; } | { readonly type: "b"; }; readonly count?: number | undefined; }',
  );
});
