/** Loads the engine of the store. */
import load, { build, file, type InitOutput, inside } from '../../../wasm/pipeline.js';
import { Loading } from '../../loading/loading.js';
import { type Begun, begin, type Packed } from '../../loading/module.js';
import type { WasmSource } from '../../loading/source.js';

const pipeline = new Loading<Begun<InitOutput>>();
const glue = { default: load, build, file, inside };

/** Makes the store's engine ready. Without `source` it is the file beside this package, or else the copy in its JavaScript. */
export default function init(source?: WasmSource | Promise<WasmSource>): Promise<void> {
  return pipeline.init(() => begin(glue, source));
}

/** Makes it ready of its bytes in a module of JavaScript. @internal */
export function initPacked(packed: Packed): Promise<void> {
  return pipeline.init(() => begin(glue, packed));
}

/** The engine's memory. @internal */
export function pipelineMemory(): WebAssembly.Memory {
  return pipeline.needed('@aimdb/wasm/store').output.memory;
}
