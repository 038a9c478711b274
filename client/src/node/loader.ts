/** Finds the modules in Node, where `fetch` reads no files. */
import { readFile } from 'node:fs/promises';
import type { WasmSource } from '../loading/loading.js';

export async function sourceOf(file: string | null, given?: WasmSource): Promise<WasmSource> {
  if (given === undefined && file === null) {
    throw new Error('in Node say where the module is: init({ glue, module })');
  }
  const source = given ?? new URL(`../../wasm/${file}`, import.meta.url);
  if (typeof source !== 'string' && !(source instanceof URL)) return source;
  if (/^https?:/.test(String(source))) return await fetch(source);
  const isAddress = source instanceof URL || source.startsWith('file:');
  return await readFile(isAddress ? new URL(source) : source);
}
