/**
 * The engine of the store, loaded, with memory for all that the benchmarks put into it.
 *
 * Memory that grows is slow once and belongs to no row, so it grows here: a module's memory never shrinks.
 */
import init, { WasmEngine } from '@aimdb/wasm/store';

const ENTRIES = 200_000;

await init();
const large = new WasmEngine();
large.process([
  ['', Object.fromEntries(Array.from({ length: ENTRIES }, (_, at) => [`k${at}`, at]))],
]);
large.free();

export { createStore, createStreamGateway, WasmEngine } from '@aimdb/wasm/store';
export { Engine as TwinEngine } from '@aimdb/pipeline-twin';
