/** Loads the engine of the store. */
import glue, { type InitOutput } from '../../../wasm/pipeline.js';
import { Loading, type WasmSource } from '../../loading/loading.js';

const pipeline = new Loading<InitOutput>(glue, 'pipeline_bg.wasm');

/** Makes the store's engine ready. Without `source` it is the file beside this package. */
export default function init(source?: WasmSource): Promise<void> {
  return pipeline.init(source);
}

/** The engine's memory. @internal */
export function pipelineMemory(): WebAssembly.Memory {
  return pipeline.output('@aimdb/wasm/store').memory;
}
