/** Loads the engine of the store. */
import load, { build, file, type InitOutput, inside } from '../../../wasm/pipeline.js';
import { Loading } from '../../loading/loading.js';
import { begin, type Packed } from '../../loading/module.js';
import type { WasmSource } from '../../loading/source.js';

const pipeline = new Loading<InitOutput>((given) =>
  begin({ default: load, build, file, inside }, given),
);

/** Makes the store's engine ready. Without `source` it is the file beside this package, or else the copy in its JavaScript. */
export default function init(source?: WasmSource | Promise<WasmSource>): Promise<void> {
  return pipeline.init(source);
}

/** Makes it ready of its bytes in a module of JavaScript. @internal */
export function initPacked(packed: Packed): Promise<void> {
  return pipeline.init(packed);
}

/** The engine's memory. @internal */
export function pipelineMemory(): WebAssembly.Memory {
  return pipeline.output('@aimdb/wasm/store').memory;
}
