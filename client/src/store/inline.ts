/** `init` of `@aimdb/wasm/store` with the module in this file: a third larger, and nothing else is asked for. */
import packed from '../../wasm/pipeline_inline.js';
import { initPacked } from './wasm/load.js';

/** Makes the store's engine ready, without a file beside the package. */
export default function init(): Promise<void> {
  return initPacked(packed);
}
