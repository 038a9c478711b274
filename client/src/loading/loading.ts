/**
 * Loads a wasm module of this package: once per thread, and only when asked.
 *
 * Guarantees: importing touches no global and fetches nothing, so it is safe on a server; calls at
 * the same time share one promise; after a failure the next call tries again.
 */
import { AimDbError } from '../errors.js';
import { initFailed } from './failure.js';
import type { Begun, Packed } from './module.js';
import type { WasmSource } from './source.js';

/** What a module is made of, if not of the file beside this package. */
export type Given = WasmSource | Promise<WasmSource> | Packed | undefined;

export class Loading<Output> {
  readonly #begin: (given: Given) => Promise<Begun<Output>>;
  #begun: Begun<Output> | null = null;
  #promise: Promise<void> | null = null;

  constructor(begin: (given: Given) => Promise<Begun<Output>>) {
    this.#begin = begin;
  }

  /** Whether it is loaded, or about to be. */
  get isStarted(): boolean {
    return this.#promise !== null;
  }

  /** What is loaded, or nothing yet. */
  get begun(): Begun<Output> | null {
    return this.#begun;
  }

  init(given?: Given): Promise<void> {
    this.#promise ??= this.#load(given).catch((failure: unknown) => {
      this.#promise = null;
      throw initFailed(failure);
    });
    return this.#promise;
  }

  /** What the module gives; `entry` is where its `init` comes from. */
  output(entry: string): Output {
    if (this.#begun === null) {
      const message = `the engine is not loaded: \`await init()\` first, \`import init from "${entry}"\``;
      throw new AimDbError('NOT_INITIALISED', message);
    }
    return this.#begun.output;
  }

  async #load(given: Given): Promise<void> {
    this.#begun = await this.#begin(given);
  }
}
