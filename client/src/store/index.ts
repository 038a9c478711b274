/**
 * State addressed by path, with rules between paths, and a gateway for feeds.
 *
 * `await init()` once, then `createStore(initial)`. Loads its own WebAssembly module; records of the main entry are
 * not needed.
 */
export type * from './engine.js';
export { PipelineError } from './errors.js';
export { WasmEngine, type WasmEngineOptions } from './wasm/engine.js';
export { default } from './wasm/load.js';
