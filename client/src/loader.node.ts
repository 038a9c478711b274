/** Loads the engine in Node, where `fetch` reads no files. */
import { readFile } from 'node:fs/promises';
import glue, { type InitOutput } from '../wasm/engine.js';
import type { WasmSource } from './load.js';

export async function load(source?: WasmSource): Promise<InitOutput> {
  return await glue({ module_or_path: await bytesOf(source) });
}

async function bytesOf(
  source: WasmSource = new URL('../wasm/engine_bg.wasm', import.meta.url),
): Promise<WasmSource> {
  if (typeof source !== 'string' && !(source instanceof URL)) return source;
  if (/^https?:/.test(String(source))) return await fetch(source);
  const isAddress = source instanceof URL || source.startsWith('file:');
  return await readFile(isAddress ? new URL(source) : source);
}
