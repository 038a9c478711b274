#!/usr/bin/env node
/** `npx aimdb-types`: the TypeScript of contract files and JSON Schemas, on standard output. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ContractFile } from '../contract/file.js';
import loadSchemas, { fromJsonSchema, SchemaError } from '../json-schema/index.js';
import loadTypes, { ContractFileError, typescript } from '../typescript/index.js';

const HELP = `usage: aimdb-types FILE... > aimdb.d.ts

Writes the TypeScript of contracts. A FILE is a contract file, or a JSON Schema (2020-12): one that has $schema or
no fields. The contract of a schema is called after its title, else after the file: order.schema.json is order.

  --help  show this

Exits with 0 when the types are written, 1 when a file cannot be used, 2 when the command cannot.
`;

/** A problem that a person can do something about, and the code to exit with. */
class Problem extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

async function main(words: readonly string[]): Promise<void> {
  if (words.includes('--help') || words.includes('-h')) {
    process.stdout.write(HELP);
    return;
  }
  const option = words.find((word) => word.startsWith('-'));
  if (option !== undefined) throw new Problem(`there is no option ${option}\n${HELP}`, 2);
  if (words.length === 0) throw new Problem(`no file is named\n${HELP}`, 2);
  await Promise.all([loadSchemas(), loadTypes()]);
  const contracts: ContractFile[] = [];
  for (const file of words) contracts.push(await read(file));
  process.stdout.write(`// Written by aimdb-types from ${words.map((file) => basename(file)).join(', ')}: do not edit.

${written(contracts, words)}`);
}

function written(contracts: readonly ContractFile[], files: readonly string[]): string {
  try {
    return typescript(contracts);
  } catch (error) {
    if (!(error instanceof ContractFileError)) throw error;
    throw new Problem(`${files[error.index]}: ${error.message}`);
  }
}

async function read(file: string): Promise<ContractFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Problem(`${file}: ${(error as Error).message}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem(`${file}: no JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem(`${file}: expected a contract file or a JSON Schema, which are objects`);
  }
  if (!('$schema' in value) && 'fields' in value) return value as ContractFile;
  try {
    const name = 'title' in value ? {} : { name: nameOf(file) };
    return fromJsonSchema(value, name);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw new Problem(`${file}: ${error.message}`);
  }
}

/** `Order-Line.schema.json` is `order_line`. */
function nameOf(file: string): string {
  const [name = ''] = basename(file).split('.');
  return name.replace(/[^A-Za-z0-9]+/g, '_').toLowerCase();
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const words = error instanceof Error ? error.message : String(error);
  process.stderr.write(`aimdb-types: ${words}\n`);
  process.exitCode = error instanceof Problem ? error.exitCode : 1;
}
