import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import init, { typescript } from '@aimdb/wasm/types';

const COMMAND = fileURLToPath(new URL('../../dist/node/aimdb-types.js', import.meta.url));
const COMPILER = fileURLToPath(
  new URL('../../../node_modules/typescript/bin/tsc', import.meta.url),
);

let folder = '';

beforeAll(async () => {
  await init();
  folder = await mkdtemp(join(tmpdir(), 'aimdb-types-'));
});

afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(command: string, ...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...words], { cwd: folder }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

function file(name: string, value: unknown): Promise<void> {
  return writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
}

const ORDER = {
  name: 'order',
  version: 1,
  fields: [
    { name: 'id', kind: 'text' },
    { name: 'lines', kind: { list: { contract: 'order_line' } } },
    { name: 'state', kind: { enum: ['open', 'paid'] }, default: 'open' },
  ],
  contracts: [{ name: 'order_line', fields: [{ name: 'count', kind: 'u8' }] }],
};

describe('aimdb-types', () => {
  it('writes the types of contract files and schemas, which compile', async () => {
    await file('order.json', ORDER);
    await file('Pump-State.schema.json', {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: { rpm: { type: 'number', description: 'How fast.' } },
    });
    const { code, out, err } = await run(COMMAND, 'order.json', 'Pump-State.schema.json');
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('// Written by aimdb-types from order.json, Pump-State.schema.json');
    expect(out).toContain('  lines: OrderLine[];');
    expect(out).toContain('  state?: "open" | "paid";');
    expect(out).toContain('export interface PumpState');
    expect(out).toContain("    'order': Order;\n    'pump_state': PumpState;");
    await file('aimdb.d.ts', out);
    await file('wasm.d.ts', "declare module '@aimdb/wasm' { interface AimDbSchemas { a: 1 } }");
    const compiled = await run(COMPILER, '--strict', '--noEmit', 'wasm.d.ts', 'aimdb.d.ts');
    expect(compiled.out).toBe('');
    expect(compiled.code).toBe(0);
  });

  it('says what is wrong, in which file and where, and exits with 1', async () => {
    await file('order.json', ORDER);
    await file('bad.json', { name: 'bad', fields: [{ name: 'a', kind: 'number' }] });
    await file('schema.json', { title: 'a', properties: { b: { not: {} } } });
    await file('no.json', '{');
    await file('list.json', []);
    for (const [words, problem] of [
      [['order.json', 'bad.json'], /bad\.json: contract file: \/fields\/0\/kind: expected a kind/],
      [['schema.json'], /schema\.json: schema: not at \/properties\/b: /],
      [['no.json'], /no\.json: no JSON: /],
      [['list.json'], /list\.json: expected a contract file or a JSON Schema/],
      [['nowhere.json'], /nowhere\.json: ENOENT/],
      [['order.json', 'order.json'], /order\.json: another contract has the same name: order/],
    ] as const) {
      const { code, out, err } = await run(COMMAND, ...words);
      expect(err).toMatch(problem);
      expect(out).toBe('');
      expect(code).toBe(1);
    }
  });

  it('shows its usage, and exits with 2 when it is not kept', async () => {
    const help = await run(COMMAND, '--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toMatch(/^usage: aimdb-types FILE/);
    for (const words of [[], ['--url', 'ws://localhost'], ['order.json', '-x']]) {
      const { code, out, err } = await run(COMMAND, ...words);
      expect(err).toContain('usage: aimdb-types');
      expect({ code, out }).toEqual({ code: 2, out: '' });
    }
  });
});

describe('typescript', () => {
  it('names the file and the place of what is no contract', () => {
    const contracts = [ORDER, { name: 'x', fields: [{ name: 'a', kind: 'u7' }] }];
    expect(() => typescript(contracts as never)).toThrowError(
      expect.objectContaining({ code: 'CONTRACT_INVALID', index: 1, pointer: '/fields/0/kind' }),
    );
    expect(typescript([])).toBe('');
  });
});
