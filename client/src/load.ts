/** Loads the engine of records. */
import glue, { type InitOutput } from '../wasm/engine.js';
import { Loading, type WasmSource } from './loading.js';

const engine = new Loading<InitOutput>(glue, 'engine_bg.wasm');

/** Makes the engine ready. Without `source` it is the file beside this package. */
export default function init(source?: WasmSource): Promise<void> {
  return engine.init(source);
}

/** The engine's memory. @internal */
export function engineMemory(): WebAssembly.Memory {
  return engine.output('@aimdb/wasm').memory;
}
