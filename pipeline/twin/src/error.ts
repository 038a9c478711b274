/**
 * Why a batch or a registration was refused: a stable code for programs, a sentence for people.
 *
 * A refusal leaves everything as it was. The codes are those of the crate, and `NOT_DATA`.
 */

/** A name of the reason that never changes. */
export type ErrorCode =
  | 'THROUGH_PRIMITIVE'
  | 'PAST_ARRAY_END'
  | 'NOT_AN_INDEX'
  | 'COMPUTED_TARGET'
  | 'NOT_SETTLED'
  | 'TOO_MANY_WRITES'
  | 'LISTENER_TOO_DEEP'
  | 'AGGREGATION_CYCLE'
  | 'NESTED_MEMBERS'
  | 'COMPUTATION_CYCLE'
  | 'TARGET_TAKEN'
  | 'UNBOUND_WILDCARD'
  | 'LOGIC_TOO_DEEP'
  | 'PATH_TOO_DEEP'
  | 'NOT_DATA'
  | 'MALFORMED_RULE'
  | 'MALFORMED_INPUT';

/** A refusal. */
export class PipelineError extends Error {
  override readonly name = 'PipelineError';
  readonly code: ErrorCode;
  /** The path it is about, if it is about one. */
  readonly path: string | undefined;

  constructor(code: ErrorCode, message: string, path?: string) {
    super(message);
    this.code = code;
    this.path = path;
  }
}
