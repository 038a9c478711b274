/**
 * A batch on its way through the stages: the log of what was written, and why.
 *
 * The log is the only way stages speak to each other: a stage reads the entries written since it last ran and appends
 * its own.
 */
import { PipelineError } from '../error.js';
import type { Path } from '../state/paths.js';
import type { State } from '../state/state.js';
import { ABSENT, isContainer, isPrimitive, isSame } from '../state/values.js';
import type { Watch } from '../watch/watch.js';

/** The bits of a lineage: which rules a change went through, cumulatively. */
export const LINEAGE = {
  isSyncPathChange: 1,
  isFlipPathChange: 2,
  isAggregationChange: 4,
  isClearPathChange: 8,
  isComputationChange: 16,
  isListenerChange: 32,
} as const;

/** Who wrote a change. */
export type Stage =
  | 'input'
  | 'distribution'
  | 'clear'
  | 'sync'
  | 'flip'
  | 'aggregation'
  | 'computation'
  | 'agreement';

/** Why a change is written. */
export interface Cause {
  readonly stage: Stage;
  /** The component within the stage, so that a group does not answer itself; -1 for none. */
  readonly component: number;
  readonly lineage: number;
  readonly sender: unknown;
  /** The value is the input's own: it is carried on as it came, whatever became of it in the state. */
  readonly isOfInput: boolean;
}

/** One write. */
export interface Change {
  readonly path: Path;
  readonly value: unknown;
  readonly cause: Cause;
}

/** Why a rule wrote by itself, without a change that led to it. */
export const UNPROMPTED = { component: -1, lineage: 0, sender: undefined, isOfInput: false };

/** The cause of a change that follows from another. */
export function leadsTo(change: Change, stage: Stage, lineage: number, component = -1): Cause {
  const { cause } = change;
  return {
    stage,
    component,
    lineage: cause.lineage | lineage,
    sender: cause.sender,
    isOfInput: false,
  };
}

/** What the stages share. */
export class Batch {
  readonly state: State;
  readonly log: Change[] = [];
  /** The targets of computations, which nobody else may write. */
  readonly #computed: Watch<Path>;

  constructor(state: State, computed: Watch<Path>) {
    this.state = state;
    this.#computed = computed;
  }

  /** Writes a value and logs it; a value that is there already is no change. */
  write(path: Path, value: unknown, cause: Cause): boolean {
    // What was to be carried on is gone again: the write that removed it will be carried on instead.
    if (value === ABSENT) return false;
    const isObjectOfInput = cause.stage === 'input' && !isPrimitive(value);
    if (!isObjectOfInput && isSame(this.state.look(path), value, 'bits')) return false;
    if (cause.stage !== 'computation' && this.#computed.upwards(path).length > 0) {
      const message = `cannot write '${path.text}': a computation owns it`;
      throw new PipelineError('COMPUTED_TARGET', message, path.text);
    }
    this.state.write(path, value);
    this.log.push({ path, value, cause });
    return true;
  }

  /** The value to carry on for a change; an object that rules wrote is taken as it is by now. */
  load(change: Change): unknown {
    if (!isContainer(change.value) || change.cause.isOfInput) return change.value;
    return this.state.capture(change.path);
  }
}
