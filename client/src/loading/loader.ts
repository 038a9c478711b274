/** In a window or a worker a module is found by its own glue, by an address that bundlers understand. */
import type { WasmSource } from './loading.js';

export function sourceOf(
  _file: string | null,
  source?: WasmSource,
): Promise<WasmSource | undefined> {
  return Promise.resolve(source);
}
