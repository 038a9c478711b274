/**
 * What this package throws and reports: `Error`s with a stable `code`.
 *
 * The engine hands over refusals as plain objects, because most are made on a hot path; they become
 * errors here, and only when somebody is to see them.
 */
import type { AimDbErrorCode } from './codes.js';

/** What an error may know besides its words. */
export interface AimDbErrorDetails {
  /** The key of the record it is about. */
  readonly record?: string | undefined;
  /** The field that is wrong, e.g. `position.latitude` or `readings[3]`. */
  readonly path?: string | undefined;
  /** The topic it is about. */
  readonly topic?: string | undefined;
  /** The finer why, in lower case, where there is one. */
  readonly reason?: string | undefined;
  readonly cause?: unknown;
}

/** Anything that went wrong. `code` is stable; the message is for people. */
export class AimDbError extends Error {
  readonly code: AimDbErrorCode;
  readonly record: string | undefined;
  readonly path: string | undefined;
  readonly topic: string | undefined;
  readonly reason: string | undefined;

  constructor(code: AimDbErrorCode, message: string, details: AimDbErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.record = details.record;
    this.path = details.path;
    this.topic = details.topic;
    this.reason = details.reason;
  }

  override get name(): string {
    return 'AimDbError';
  }
}

/** What is no data at all has a code of its own, by the reason. */
const OF_NO_DATA: { readonly [reason: string]: AimDbErrorCode | undefined } = {
  too_deep: 'TOO_DEEP',
  too_large: 'TOO_LARGE',
  not_data: 'NOT_DATA',
};

/** A value that a contract refused: which record, which field, what was expected and what came. */
export class ContractViolation extends AimDbError {
  /** The name of the contract. */
  readonly schema: string;
  /** What the contract asks for. */
  readonly expected: string;
  /** What came, shortened. */
  readonly got: string;

  constructor(refusal: Refusal) {
    const { reason = '', code } = refusal;
    super(OF_NO_DATA[reason] ?? code, refusal.message, refusal);
    this.schema = refusal.schema;
    this.expected = refusal.expected;
    this.got = refusal.got;
  }

  override get name(): string {
    return 'ContractViolation';
  }
}

/** What the engine says of a failure. */
interface Failure {
  readonly code: AimDbErrorCode;
  readonly message: string;
  readonly record?: string;
  readonly topic?: string;
  readonly reason?: string;
}

/** What is said of a refused value. */
export interface Refusal extends Failure {
  readonly schema: string;
  readonly path: string;
  readonly expected: string;
  readonly got: string;
  readonly cause?: unknown;
}

/** The error of something that the engine threw or reported; errors pass as they are. */
export function fromEngine(failure: unknown): AimDbError {
  if (failure instanceof AimDbError) return failure;
  if (failure instanceof Error) {
    return new AimDbError('ENGINE_FAILED', `the engine failed: ${failure.message}`, {
      cause: failure,
    });
  }
  const said = failure as Failure;
  return said.code === 'CONTRACT_VIOLATION'
    ? new ContractViolation(failure as Refusal)
    : new AimDbError(said.code, said.message, said);
}

/** Calls the engine where it may throw, and turns what it throws into an error. */
export function calling<T>(engine: () => T): T {
  try {
    return engine();
  } catch (failure) {
    throw fromEngine(failure);
  }
}

/** What was thrown, in words. It may be anything, even what throws when it is asked for them. */
export function wordsOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'something without words';
  }
}

/** The error of a callback that threw. */
export function callbackError(cause: unknown, about: string, record?: string): AimDbError {
  return new AimDbError('CALLBACK_THREW', `a callback of ${about} threw: ${wordsOf(cause)}`, {
    record,
    cause,
  });
}

export function freed(): AimDbError {
  return new AimDbError('FREED', 'this database was freed: make a new WasmDb');
}

/** An option that cannot be used. */
export function badOption(message: string, record?: string): AimDbError {
  return new AimDbError('OPTIONS_INVALID', message, { record });
}
