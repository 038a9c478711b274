/**
 * `init` of `@aimdb/wasm` with the engine in this file: a third larger, and nothing else is asked for. For bundlers that move no files,
 * for pages that may not fetch (files, sandboxed frames, web views), and for tests in jsdom.
 */
import packed from '../wasm/engine_inline.js';
import { initPacked } from './loading/load.js';

/** Makes the engine ready, without a file beside the package. */
export default function init(): Promise<void> {
  return initPacked(packed);
}
