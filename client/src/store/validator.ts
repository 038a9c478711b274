/**
 * One schema that checks what is at a path, or at several.
 *
 * Guarantees: only the newest run counts, whatever order asynchronous results come in, and none after `stop`. A result
 * equal to the one before is not told.
 */
import type { SchemaIssue, SchemaResult, StandardSchema } from './schema.js';
import type { ValidationIssue, ValidationResult } from './types.js';
import { isEqual } from './values.js';

/** What a validator needs of the store. */
export interface ValidatorHost {
  /** What the schema checks. */
  read(): unknown;
  /** Takes a result that is new. */
  accept(result: ValidationResult): void;
  /** Reports what the schema threw. */
  report(thrown: unknown): Error;
}

/** Nothing is known yet. */
export const PENDING: ValidationResult = result('pending', []);
const VALID: ValidationResult = result('valid', []);

export class Validator {
  readonly #schema: StandardSchema;
  readonly #host: ValidatorHost;
  #result: ValidationResult = PENDING;
  /** Counts the runs. */
  #run = 0;
  #isLive = true;

  constructor(schema: StandardSchema, host: ValidatorHost) {
    this.#schema = schema;
    this.#host = host;
  }

  run(): void {
    if (!this.#isLive) return;
    this.#run += 1;
    const run = this.#run;
    try {
      const found = this.#schema['~standard'].validate(this.#host.read());
      if (!('then' in found)) {
        this.#accept(run, resultOf(found));
        return;
      }
      this.#accept(run, PENDING);
      found.then(resultOf).then(
        (later) => this.#accept(run, later),
        (thrown) => this.#fail(run, thrown),
      );
    } catch (thrown) {
      this.#fail(run, thrown);
    }
  }

  /** Results that come from now on are not wanted. */
  stop(): void {
    this.#isLive = false;
  }

  #fail(run: number, thrown: unknown): void {
    if (!this.#isWanted(run)) return;
    const { message } = this.#host.report(thrown);
    this.#accept(run, result('invalid', [{ message, path: '' }]));
  }

  #accept(run: number, now: ValidationResult): void {
    if (!this.#isWanted(run) || isEqual(now, this.#result)) return;
    this.#result = now;
    this.#host.accept(now);
  }

  /** Whether no newer run began, and nobody stopped it. */
  #isWanted(run: number): boolean {
    return this.#isLive && run === this.#run;
  }
}

function resultOf({ issues }: SchemaResult): ValidationResult {
  return issues === undefined ? VALID : result('invalid', issues.map(issueOf));
}

function issueOf({ message, path = [] }: SchemaIssue): ValidationIssue {
  const segments = path.map((part) => (typeof part === 'object' ? part.key : part));
  return { message, path: segments.map(String).join('.') };
}

/** A result that cannot be changed. */
function result(
  status: ValidationResult['status'],
  issues: readonly ValidationIssue[],
): ValidationResult {
  return Object.freeze({
    status,
    issues: Object.freeze(issues.map((issue) => Object.freeze(issue))),
  });
}
