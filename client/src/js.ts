/**
 * `init` of `@aimdb/wasm` with the engine as plain JavaScript in this file, for pages that may run no WebAssembly and whose bundler moves
 * no files. Elsewhere `init` finds it by itself where it is needed.
 */
import * as program from '../wasm/engine_plain.js';
import { initPlain } from './loading/load.js';

/** Makes the engine ready, as plain JavaScript. */
export default function init(): Promise<void> {
  return initPlain(program);
}
