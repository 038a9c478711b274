/**
 * What an application has put before a record's contract: a schema of its own, or steps from older versions.
 *
 * Guarantees: values of this side and of the network go the same way; nothing of an application runs while the engine is
 * at work. Does not: write; what is let through is still judged by the contract.
 */
import type { StandardIssue, StandardResult, StandardSchemaV1 } from './standard.js';
import type { AimDbErrorCode } from '../codes.js';
import { AimDbError, ContractViolation, wordsOf } from '../errors.js';
import { plainOutput, strayWords } from '../plain.js';

/** A value as the contract is to see it, copied, or why there is none. */
export type Admitted = { readonly value: unknown } | AimDbError;

export interface Gate {
  /** Looks at a value; `announced` is the version that the server holds, where that is an older one, else 0. */
  admit(value: unknown, announced: number): Admitted;
  /** A value that passed, as JSON text for a server that holds an older version; nothing if it holds this one. */
  outgoing?(value: unknown): string | AimDbError | undefined;
}

/** So many characters of a value are shown. */
const SHOWN_MAX = 80;

/** The gate of a record with a schema. */
export class SchemaGate implements Gate {
  #record: string;
  #schema: StandardSchemaV1;

  constructor(record: string, schema: StandardSchemaV1) {
    this.#record = record;
    this.#schema = schema;
  }

  admit(value: unknown): Admitted {
    try {
      const result = this.#schema['~standard'].validate(value);
      if (isPromise(result)) {
        // Nobody waits for it any more.
        result.then(undefined, () => {});
        return this.#failed(
          'SCHEMA_ASYNC',
          'answers later: the schema of a record must answer at once',
        );
      }
      const { issues } = result as StandardResult<unknown>;
      if (issues) return this.#refused(value, issues);
      const output = (result as { value: unknown }).value;
      const judged = plainOutput(output);
      if ('copy' in judged) return { value: judged.copy };
      return this.#violation(judged.path, 'plain JSON of the schema', judged.got);
    } catch (cause) {
      if (cause instanceof AimDbError) return cause;
      return this.#failed('SCHEMA_THREW', `threw: ${wordsOf(cause)}`, cause);
    }
  }

  #refused(value: unknown, issues: readonly StandardIssue[]): AimDbError {
    const [issue] = issues;
    const steps = (issue?.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
    const { expected } = (issue ?? {}) as { expected?: unknown };
    const message = issue?.message ?? 'a value that the schema takes';
    const wanted = typeof expected === 'string' ? expected : message;
    return this.#violation(pathOf(steps), wanted, shown(partAt(value, steps)), message, issues);
  }

  #violation(
    path: string,
    expected: string,
    got: string,
    words?: string,
    cause?: unknown,
  ): AimDbError {
    const at = path === '' ? '' : `${path}: `;
    return new ContractViolation({
      code: 'CONTRACT_VIOLATION',
      message: `record '${this.#record}': json: ${at}${words ?? `expected ${expected}, got ${got}`}`,
      record: this.#record,
      schema: 'json',
      path,
      expected,
      got,
      reason: 'schema',
      cause,
    });
  }

  #failed(code: AimDbErrorCode, words: string, cause?: unknown): AimDbError {
    const record = this.#record;
    return new AimDbError(code, `the schema of record '${record}' ${words}`, { record, cause });
  }
}

/** Whether it is a schema of version 1. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const { version, validate } = (value as Partial<StandardSchemaV1>)['~standard'] ?? {};
  return version === 1 && typeof validate === 'function';
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

/** A path in the notation of the engine: `lines[0].count`. */
function pathOf(steps: readonly PropertyKey[]): string {
  let path = '';
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`;
    else path += path === '' ? String(step) : `.${String(step)}`;
  }
  return path;
}

function partAt(value: unknown, steps: readonly PropertyKey[]): unknown {
  let part = value;
  for (const step of steps)
    part = (part as Record<PropertyKey, unknown> | null | undefined)?.[step];
  return part;
}

/** What a value is, in the words of the engine. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function' || typeof value === 'symbol') return strayWords(value);
  const text = typeof value === 'string' ? `text "${value}"` : String(value);
  const letters = [...text.slice(0, 4 * SHOWN_MAX)];
  return letters.length > SHOWN_MAX ? `${letters.slice(0, SHOWN_MAX).join('')}…` : text;
}
