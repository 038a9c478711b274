/**
 * Loads the engine: once per thread, and only when asked.
 *
 * Guarantees: importing touches no global and fetches nothing, so it is safe on a server; calls at
 * the same time share one promise; after a failure the next call tries again.
 */
import { load } from '#loader';
import type { InitOutput } from '../wasm/engine.js';
import { AimDbError } from './errors.js';

/** Where the engine may come from: its compiled module, its bytes, or an address. */
export type WasmSource = WebAssembly.Module | BufferSource | URL | string | Response;

let loaded: InitOutput | null = null;
let loading: Promise<void> | null = null;

/** Makes the engine ready. Without `source` it is the file beside this package. */
export default function init(source?: WasmSource): Promise<void> {
  loading ??= load(source).then(
    (output) => {
      loaded = output;
    },
    (cause: unknown) => {
      loading = null;
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new AimDbError('INIT_FAILED', `the engine could not be loaded: ${words}`, { cause });
    },
  );
  return loading;
}

/** The engine's memory. @internal */
export function engineMemory(): WebAssembly.Memory {
  if (loaded === null) {
    throw new AimDbError(
      'NOT_INITIALISED',
      'the engine is not loaded: `await init()` first, `import init from "@aimdb/wasm"`',
    );
  }
  return loaded.memory;
}
