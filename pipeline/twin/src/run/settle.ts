/**
 * The repetition of the derived stages until nothing changes any more.
 *
 * Each stage remembers how much of the log it has seen and is given the rest. A round that leaves nothing unseen is the
 * last; more rounds than allowed are an error that names a path still changing.
 */
import type { Batch, Change } from '../batch/batch.js';
import { PipelineError } from '../error.js';
import type { Written } from '../stages/flip.js';
import type { Stages } from './rules.js';

/** How many rounds the derived stages get unless the store says otherwise: rules that need more go in circles. */
export const ROUNDS_MAX = 32;

type Cursor = 'distribution' | 'sync' | 'flip' | 'reading' | 'computation';

/** How far each stage has read the log. */
export class Settling {
  /** Stages in the order of their work, each with how much it has read. */
  readonly #cursors = { distribution: 0, sync: 0, flip: 0, reading: 0, computation: 0 };
  #rounds = 0;

  /** `applied` inputs lie in the log, whose writes to aggregation targets are distributed already. */
  constructor(applied: number) {
    this.#cursors.distribution = applied;
  }

  /** Runs the derived stages until none has anything left to read, or once when `passes` is 1. */
  run(stages: Stages, batch: Batch, passes: number, written: Written): void {
    for (;;) {
      this.#runRound(stages, batch, passes === 1, written);
      const last = batch.log.at(-1);
      if (last === undefined || passes === 1 || this.#isSettled(batch)) return;
      if (this.#rounds >= passes) throw notSettled(this.#rounds, last);
    }
  }

  #runRound(stages: Stages, batch: Batch, isSinglePass: boolean, written: Written): void {
    if (!isSinglePass) stages.aggregations.distribute(batch, this.#unread('distribution', batch));
    stages.sync.run(batch, this.#unread('sync', batch));
    stages.flip.run(batch, this.#unread('flip', batch), written);
    stages.aggregations.run(batch, this.#unread('reading', batch));
    stages.computations.run(batch, this.#unread('computation', batch));
    this.#rounds += 1;
  }

  #unread(stage: Cursor, batch: Batch): Change[] {
    const unread = batch.log.slice(this.#cursors[stage]);
    this.#cursors[stage] = batch.log.length;
    return unread;
  }

  #isSettled(batch: Batch): boolean {
    return Object.values(this.#cursors).every((cursor) => cursor === batch.log.length);
  }
}

/** The refusal of rules that go in circles. */
export function notSettled(rounds: number, last: Change | undefined): PipelineError {
  const path = last?.path.text ?? '';
  const message = `the rules do not settle: '${path}' still changed after ${rounds} rounds`;
  return new PipelineError('NOT_SETTLED', message, path);
}
