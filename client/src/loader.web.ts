/** Loads the engine in a window or a worker, by an address that bundlers understand. */
import glue, { type InitOutput } from '../wasm/engine.js';
import type { WasmSource } from './load.js';

export function load(source?: WasmSource): Promise<InitOutput> {
  return glue(source === undefined ? undefined : { module_or_path: source });
}
