/** One engine at work: a store with the rules, a feed into it, and the meter of what that costs. */
import { Engine as Twin } from '@aimdb/pipeline-twin';
import {
  type CreateStore,
  createStore,
  createStreamGateway,
  type Frozen,
  type PathIds,
  type Store,
  type StreamGateway,
  storeFactory,
} from '@aimdb/wasm/store';
import { CELL_PATHS, FIELD_COUNT, type FirehoseData, SIDE } from './field.js';
import { Meter } from './meter.js';
import { FIREHOSE_RULES } from './rules.js';
import { Source } from './source.js';

/** The same store over either engine: only this line differs. */
const CREATE: { readonly [ENGINE in EngineName]: CreateStore } = {
  wasm: createStore,
  twin: storeFactory(() => new Twin()),
};
export const ENGINE_NAMES = ['wasm', 'twin'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export type Cells = Frozen<FirehoseData['cells']>;

export class Run {
  readonly store: Store<FirehoseData>;
  readonly meter = new Meter();
  /** How much of the field changes in a frame, from 0 to 1. */
  share = 0;
  readonly #source = new Source();
  readonly #gateway: StreamGateway<FirehoseData>;
  /** Ten thousand texts become numbers once, here. */
  readonly #ids: PathIds;

  constructor(engine: EngineName) {
    this.store = CREATE[engine](initialData(this.#source.values));
    this.store.register(FIREHOSE_RULES);
    this.#gateway = createStreamGateway(this.store);
    this.#ids = this.#gateway.paths(CELL_PATHS);
  }

  get cells(): Cells {
    return this.store.get('cells');
  }

  /** Prepares for frames in which this share changes. Totals go on only if the share is as it was. */
  begin(share: number): void {
    if (share !== this.share) this.meter.reset();
    this.meter.resume();
    this.share = share;
  }

  /** Offers all fields, of which the share has changed. */
  step(): void {
    this.#source.advance(Math.round(this.share * FIELD_COUNT));
    const begin = performance.now();
    const kept = this.#gateway.ingestNumbers(this.#ids, this.#source.values);
    const settled = performance.now();
    // Measured too: an engine may put off work until somebody reads.
    this.store.get('cells');
    const read = performance.now();
    this.meter.add({
      atMs: begin,
      ingestMs: settled - begin,
      readMs: read - settled,
      offered: FIELD_COUNT,
      kept,
    });
  }

  dispose(): void {
    this.#gateway.dispose();
    this.store.dispose();
  }
}

function initialData(values: Float64Array): FirehoseData {
  const cells = Array.from({ length: SIDE }, (_, row) => [
    ...values.subarray(row * SIDE, (row + 1) * SIDE),
  ]);
  // Null is no value to agree on: when the rules are registered, each corner takes that of its cell.
  const corners = { northWest: null, northEast: null, southWest: null, southEast: null };
  return { cells, corners, commonProbe: undefined };
}
