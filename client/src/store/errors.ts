/**
 * What a store throws and reports: errors with a stable `code` and, where there is one, the path they are about.
 *
 * A refused batch or registration throws and leaves everything as it was. What goes wrong in functions of the
 * application (listeners, validators, subscribers) reaches `onError` instead, and stops nobody else.
 */
import type { AimDbErrorCode } from '../codes.js';
import { AimDbError } from '../errors.js';

/** A refusal. The codes of the rules are those of the engine. */
export class PipelineError extends AimDbError {
  constructor(code: AimDbErrorCode, message: string, path?: string) {
    super(code, message, { path });
  }

  override get name(): string {
    return 'PipelineError';
  }
}

/** Calls an engine; a refusal of any engine becomes a `PipelineError`, and a fault stays what it is. */
export function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw thrown instanceof Error && !(thrown instanceof AimDbError) && isRefusal(thrown)
      ? new PipelineError(thrown.code, thrown.message, thrown.path)
      : thrown;
  }
}

/** The error of a function of the application that threw. */
export function threw(
  code: AimDbErrorCode,
  who: string,
  cause: unknown,
  path?: string,
): AimDbError {
  const words = cause instanceof Error ? `: ${cause.message}` : '';
  return new AimDbError(code, `a ${who} threw${words}`, { path, cause });
}

/** Refuses what is no function, before it is called in the middle of something. */
export function needFunction(callback: unknown, path?: string): void {
  if (typeof callback !== 'function') {
    throw new PipelineError('CALLBACK_INVALID', 'a callback is a function', path);
  }
}

/** What every engine throws; its codes are of the union, since nothing else is in the dialect. */
interface Refusal extends Error {
  readonly code: AimDbErrorCode;
  readonly path?: string;
}

function isRefusal(thrown: Error): thrown is Refusal {
  return 'code' in thrown && typeof thrown.code === 'string';
}
