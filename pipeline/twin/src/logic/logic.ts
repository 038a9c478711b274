/**
 * Conditions over the state: the form in which they are written, and the compiled form that is evaluated.
 *
 * Types are strict (30 is not "30"). Absent is undefined and not equal to null; an explicit undefined does not exist
 * and is empty. Objects are equal when all below is equal. `x.length` works for arrays.
 */
import { PipelineError } from '../error.js';
import { distinct, observed, type Path, parsePath } from '../state/paths.js';
import type { State } from '../state/state.js';
import { adopt, isNil, isPlain, isSame, readable } from '../state/values.js';

/** How deep a rule or one of its literals may nest. */
export const LOGIC_DEPTH_MAX = 32;

/** A condition as it is written; `[path, value]` is short for IS_EQUAL. */
export type BoolLogic =
  | readonly [path: string, value: unknown]
  | { readonly IS_EQUAL: readonly [path: string, value: unknown] }
  | { readonly EXISTS: string }
  | { readonly IS_EMPTY: string }
  | { readonly AND: readonly BoolLogic[] }
  | { readonly OR: readonly BoolLogic[] }
  | { readonly NOT: BoolLogic }
  | { readonly GT: readonly [path: string, limit: number] }
  | { readonly LT: readonly [path: string, limit: number] }
  | { readonly GTE: readonly [path: string, limit: number] }
  | { readonly LTE: readonly [path: string, limit: number] }
  | { readonly IN: readonly [path: string, values: readonly unknown[]] }
  | { readonly CONTAINS_ANY: readonly [path: string, values: readonly unknown[]] }
  | { readonly CONTAINS_ALL: readonly [path: string, values: readonly unknown[]] };

/** A condition that can be evaluated. */
export interface Condition {
  holds(state: State): boolean;
  /** The paths whose changes can change the answer. */
  readonly watched: readonly Path[];
}

type Check = (state: State) => boolean;
/** Tells the compiler of a path and gives a way to read it. */
type Reader = (path: unknown) => (state: State) => unknown;

/** Compiles a condition. */
export function compileBool(logic: BoolLogic): Condition {
  const paths: Path[] = [];
  const reader: Reader = (text) => {
    const path = parsePath(textOf(text));
    paths.push(path);
    return (state) => readable(state.look(path));
  };
  const holds = compile(logic, 0, reader);
  return { holds, watched: distinct(paths.map(observed)) };
}

/** Refuses what nests too deep. */
export function checkDepth(depth: number): void {
  if (depth > LOGIC_DEPTH_MAX) {
    const message = `a rule nests deeper than ${LOGIC_DEPTH_MAX} levels`;
    throw new PipelineError('LOGIC_TOO_DEEP', message);
  }
}

/** Refuses what is no rule. */
export function malformed(rule: unknown, wanted: string): PipelineError {
  const text = JSON.stringify(rule)?.slice(0, 80) ?? String(rule);
  return new PipelineError('MALFORMED_RULE', `${text} is no ${wanted}`);
}

function compile(logic: unknown, depth: number, reader: Reader): Check {
  checkDepth(depth);
  if (Array.isArray(logic)) return compileOne('IS_EQUAL', logic, depth, reader);
  const entries = isPlain(logic) ? Object.entries(logic) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) throw malformed(logic, 'condition');
  return compileOne(entry[0], entry[1], depth, reader);
}

function compileOne(operator: string, argument: unknown, depth: number, reader: Reader): Check {
  const all = () => listOf(argument).map((part) => compile(part, depth + 1, reader));
  switch (operator) {
    case 'AND': {
      const checks = all();
      return (state) => checks.every((check) => check(state));
    }
    case 'OR': {
      const checks = all();
      return (state) => checks.some((check) => check(state));
    }
    case 'NOT': {
      const check = compile(argument, depth + 1, reader);
      return (state) => !check(state);
    }
    case 'EXISTS': {
      const read = reader(argument);
      return (state) => !isNil(read(state));
    }
    case 'IS_EMPTY': {
      const read = reader(argument);
      return (state) => isEmpty(read(state));
    }
    case 'GT':
    case 'LT':
    case 'GTE':
    case 'LTE':
      return compileComparison(operator, argument, reader);
    default:
      return compileMembership(operator, argument, reader);
  }
}

function compileComparison(
  operator: 'GT' | 'LT' | 'GTE' | 'LTE',
  argument: unknown,
  reader: Reader,
): Check {
  const [path, limit] = pairOf(argument);
  if (typeof limit !== 'number') throw malformed(limit, 'number');
  const read = reader(path);
  const test = {
    GT: (value: number) => value > limit,
    LT: (value: number) => value < limit,
    GTE: (value: number) => value >= limit,
    LTE: (value: number) => value <= limit,
  }[operator];
  return (state) => {
    const value = read(state);
    return typeof value === 'number' && test(value);
  };
}

function compileMembership(operator: string, argument: unknown, reader: Reader): Check {
  if (!['IS_EQUAL', 'IN', 'CONTAINS_ANY', 'CONTAINS_ALL'].includes(operator)) {
    throw malformed(operator, 'operator');
  }
  const [path, right] = pairOf(argument);
  const read = reader(path);
  const literals = (operator === 'IS_EQUAL' ? [right] : listOf(right)).map(literalOf);
  const means = (value: unknown) => (literal: unknown) => isSame(value, literal, 'meaning');
  if (operator === 'IS_EQUAL' || operator === 'IN') {
    return (state) => literals.some(means(read(state)));
  }
  const isIn = (value: readonly unknown[]) => (literal: unknown) =>
    value.some((item) => isSame(item, literal, 'meaning'));
  return (state) => {
    const value = read(state);
    if (!Array.isArray(value)) return false;
    return operator === 'CONTAINS_ANY' ? literals.some(isIn(value)) : literals.every(isIn(value));
  };
}

function isEmpty(value: unknown): boolean {
  if (isNil(value) || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isPlain(value) && Object.keys(value).length === 0;
}

/** A literal of a rule, ours from now on. */
function literalOf(literal: unknown): unknown {
  checkLiteral(literal, 0);
  return adopt(literal, 0);
}

function checkLiteral(literal: unknown, depth: number): void {
  checkDepth(depth);
  if (Array.isArray(literal)) for (const item of literal) checkLiteral(item, depth + 1);
  else if (isPlain(literal)) {
    for (const item of Object.values(literal)) checkLiteral(item, depth + 1);
  }
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw malformed(value, 'path');
  return value;
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(value, 'list');
  return value;
}

function pairOf(value: unknown): [unknown, unknown] {
  if (!Array.isArray(value) || value.length !== 2) throw malformed(value, 'pair');
  return [value[0], value[1]];
}
