/**
 * State addressed by path, with rules between paths, and a gateway for feeds.
 *
 * `await init()` once, then `createStore(initial)`. Loads its own WebAssembly module; records of the main entry are
 * not needed.
 */
import { storeFactory } from './store.js';
import { WasmEngine } from './wasm/engine.js';

export type { AimDbErrorCode } from '../codes.js';
export { AimDbError } from '../errors.js';
export type * from './engine.js';
export { PipelineError } from './errors.js';
export { createStreamGateway, type PathIds, type StreamGateway } from './gateway.js';
export type * from './paths.js';
export { ANSWERS_MAX, ROUNDS_MAX } from './pipeline.js';
export { bindPath, bindRecord, type RecordSource, type RecordTarget } from './record.js';
export type { StandardSchema } from './schema.js';
export { type CreateStore, Store, storeFactory } from './store.js';
export * from './types.js';
export { WasmEngine, type WasmEngineOptions } from './wasm/engine.js';
export { default } from './wasm/load.js';

/** Creates a store over its own engine in WebAssembly, which is freed with it. Needs `await init()` before. */
export const createStore = storeFactory(
  () => new WasmEngine(),
  (engine) => engine.free(),
);
