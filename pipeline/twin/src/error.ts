/**
 * Why a batch or a registration was refused: a stable code for programs, a sentence for people.
 *
 * A refusal leaves everything as it was. The codes are those of the crate.
 */

/** A name of the reason that never changes. */
export type ErrorCode =
  | 'through_primitive'
  | 'past_array_end'
  | 'not_an_index'
  | 'computed_target'
  | 'not_settled'
  | 'too_many_writes'
  | 'listener_too_deep'
  | 'aggregation_cycle'
  | 'nested_members'
  | 'computation_cycle'
  | 'target_taken'
  | 'unbound_wildcard'
  | 'logic_too_deep'
  | 'path_too_deep'
  | 'not_data'
  | 'malformed_rule'
  | 'malformed_input';

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
