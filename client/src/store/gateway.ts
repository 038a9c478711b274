/**
 * The door for feeds: many values at a high rate, of which only those that differ from the state go through the rules.
 *
 * Guarantees: an ingest is a batch like any other, so that it may come between writes from elsewhere. Paths of number
 * feeds are known to the engine until they are released or the gateway is disposed of; the store stays as it is.
 */
import type { EngineChange } from './engine.js';
import { PipelineError, refusing } from './errors.js';
import type { DeepValue, LooseData, PathOf } from './paths.js';
import { changesOf, PIPELINE, type Pipeline } from './pipeline.js';
import type { ChangeList, ChangeMap, Store } from './store.js';

declare const PATH_IDS: unique symbol;

/** Paths as the engine knows them, in the order in which they were given; of one gateway, and not to be written to. */
export type PathIds = Uint32Array & { readonly [PATH_IDS]: true };

/** A path with a number, or no path. */
type NumberPathOf<DATA, PATH extends string> =
  number extends DeepValue<DATA, PATH> ? PathOf<DATA, PATH> : never;

/** A gateway to a store. There may be many. */
export class StreamGateway<DATA = LooseData> {
  readonly #pipeline: Pipeline;
  /** The paths of number feeds. */
  readonly #feeds = new Map<PathIds, readonly string[]>();
  #isDisposed = false;

  constructor(store: Store<DATA>) {
    this.#pipeline = store[PIPELINE];
    this.#pipeline.ensureOpen();
  }

  /** How many number feeds there are. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Writes what differs from the state, and returns how many values that were. */
  ingest<const CHANGES extends object>(changes: CHANGES & ChangeMap<DATA, CHANGES>): number;
  ingest(changes: LooseData): number {
    return this.#open().write(changesOf(changes));
  }

  /** The same in a given order, and with senders. */
  ingestBatch<const PATHS extends readonly string[]>(changes: ChangeList<DATA, PATHS>): number;
  ingestBatch(changes: readonly EngineChange[]): number {
    return this.#open().write(changesOf(changes));
  }

  /** Makes the paths of a number feed known. Texts cross into the engine here, and not with the values. */
  paths<const PATHS extends readonly string[]>(
    paths: { readonly [AT in keyof PATHS]: NumberPathOf<DATA, PATHS[AT]> } & PATHS,
  ): PathIds;
  paths(paths: readonly string[]): PathIds {
    const { numbers } = this.#open().engine;
    // A copy has no holes, which `every` would pass over.
    if (![...paths].every((path) => typeof path === 'string')) {
      throw new PipelineError('MALFORMED_INPUT', 'a path is a text');
    }
    const ids = (numbers && refusing(() => numbers.intern(paths))) ?? new Uint32Array(paths.length);
    this.#feeds.set(ids as PathIds, [...paths]);
    return ids as PathIds;
  }

  /** Writes the numbers that differ from the state, `values[n]` at the path of `ids[n]`, and returns how many. */
  ingestNumbers(ids: PathIds, values: Float64Array, sender?: unknown): number {
    const pipeline = this.#open();
    const paths = this.#feeds.get(ids);
    if (paths === undefined) {
      throw new PipelineError('PATH_IDS_UNKNOWN', 'these are no ids of this gateway: see `paths`');
    }
    if (values.length !== ids.length) {
      const message = `${ids.length} paths and ${values.length} values do not fit together`;
      throw new PipelineError('LENGTH_MISMATCH', message);
    }
    const { numbers } = pipeline.engine;
    if (numbers) return pipeline.run(() => numbers.process(ids, values, sender));
    return pipeline.write(paths.map((path, at) => [path, values[at], { sender }]));
  }

  /** Lets the engine forget the paths of a feed; false if there is no such feed. */
  release(ids: PathIds): boolean {
    const isKnown = this.#feeds.delete(ids);
    if (isKnown && !this.#pipeline.isDisposed) this.#pipeline.engine.numbers?.release(ids);
    return isKnown;
  }

  /** Ends the gateway; every later call throws `GATEWAY_DISPOSED`. */
  dispose(): void {
    this.#isDisposed = true;
    for (const ids of [...this.#feeds.keys()]) this.release(ids);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #open(): Pipeline {
    if (!this.#isDisposed) return this.#pipeline;
    throw new PipelineError('GATEWAY_DISPOSED', 'this gateway was disposed of: create a new one');
  }
}

/** Opens a gateway to a store. */
export function createStreamGateway<DATA>(store: Store<DATA>): StreamGateway<DATA> {
  return new StreamGateway(store);
}
