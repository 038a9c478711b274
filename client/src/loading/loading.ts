/**
 * Loads something of this package: once per thread, and only when asked.
 *
 * Guarantees: importing touches no global and fetches nothing, so it is safe on a server; calls at
 * the same time share one promise; after a failure the next call tries again.
 */
import { AimDbError } from '../errors.js';
import { initFailed } from './failure.js';

export class Loading<Begun> {
  #begun: Begun | null = null;
  #promise: Promise<void> | null = null;

  /** Whether it is loaded, or about to be. */
  get isStarted(): boolean {
    return this.#promise !== null;
  }

  /** What is loaded, or nothing yet. */
  get begun(): Begun | null {
    return this.#begun;
  }

  /** Begins, unless that was done; whoever comes later gets what the first one asked for. */
  init(begin: () => Promise<Begun>): Promise<void> {
    this.#promise ??= this.#load(begin).catch((failure: unknown) => {
      this.#promise = null;
      throw initFailed(failure);
    });
    return this.#promise;
  }

  /** What is loaded; `entry` is where its `init` comes from. */
  needed(entry: string): Begun {
    if (this.#begun === null) {
      const message = `the engine is not loaded: \`await init()\` first, \`import init from "${entry}"\``;
      throw new AimDbError('NOT_INITIALISED', message);
    }
    return this.#begun;
  }

  async #load(begin: () => Promise<Begun>): Promise<void> {
    this.#begun = await begin();
  }
}
