/**
 * Loads a wasm module of this package: once per thread, and only when asked.
 *
 * Guarantees: importing touches no global and fetches nothing, so it is safe on a server; calls at
 * the same time share one promise; after a failure the next call tries again.
 */
import { sourceOf } from '#loader';
import { AimDbError, wordsOf } from '../errors.js';

/** Where a module may come from: its compiled form, its bytes, or an address. */
export type WasmSource = WebAssembly.Module | BufferSource | URL | string | Response;

/** What wasm-bindgen writes: instantiates the module, by default from the file beside it. */
type Glue<Output> = (options?: {
  module_or_path: WasmSource | Promise<WasmSource>;
}) => Promise<Output>;

export class Loading<Output> {
  readonly #glue: Glue<Output>;
  /** The file of this package; null if the module is the application's. */
  readonly #file: string | null;
  #output: Output | null = null;
  #promise: Promise<void> | null = null;

  constructor(glue: Glue<Output>, file: string | null) {
    this.#glue = glue;
    this.#file = file;
  }

  /** Whether it is loaded, or about to be. */
  get isStarted(): boolean {
    return this.#promise !== null;
  }

  init(source?: WasmSource): Promise<void> {
    this.#promise ??= this.#load(source).catch((cause: unknown) => {
      this.#promise = null;
      throw new AimDbError('INIT_FAILED', `the engine could not be loaded: ${wordsOf(cause)}`, {
        cause,
      });
    });
    return this.#promise;
  }

  /** What the module gives; `entry` is where its `init` comes from. */
  output(entry: string): Output {
    if (this.#output === null) {
      const message = `the engine is not loaded: \`await init()\` first, \`import init from "${entry}"\``;
      throw new AimDbError('NOT_INITIALISED', message);
    }
    return this.#output;
  }

  async #load(source?: WasmSource): Promise<void> {
    const found = await sourceOf(this.#file, source);
    this.#output = await this.#glue(found === undefined ? undefined : { module_or_path: found });
  }
}
