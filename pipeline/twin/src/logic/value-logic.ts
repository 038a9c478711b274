/**
 * Values chosen by the state: `{IF, THEN, ELSE}` and `{MATCH, CASES, DEFAULT}`.
 *
 * The literals a rule can yield are numbered in the order of its text: the outcome is the number of the chosen one, so
 * that a choice of the same literal is no change. A branch may be another rule. Without a branch the outcome is
 * undefined.
 */
import { type BoolLogic, type Condition, checkDepth, compileBool, malformed } from './logic.js';
import { distinct, observed, type Path, parsePath } from '../state/paths.js';
import type { State } from '../state/state.js';
import { adopt, isPlain } from '../state/values.js';

/** The outcome when no branch applies and there is no default. */
export const NO_LEAF = -1;
/** Keys of cases with more digits than this, or with an exponent, name no number, as in the crate. */
const KEY_DIGITS_MAX = 15;

/** A choice as it is written: one of the two forms, or a literal. */
export type ValueLogic =
  | { readonly IF: BoolLogic; readonly THEN: unknown; readonly ELSE?: unknown }
  | {
      readonly MATCH: string;
      readonly CASES: { readonly [key: string]: unknown };
      readonly DEFAULT?: unknown;
    }
  | unknown;

/** A choice that can be evaluated. */
export interface Choice {
  /** The number of the literal this state chooses. */
  choose(state: State): number;
  /** The literals by number. */
  readonly leaves: readonly unknown[];
  readonly watched: readonly Path[];
}

type Chooser = (state: State) => number;

interface Compiler {
  readonly leaves: unknown[];
  readonly watched: Path[];
}

/** Compiles a choice. */
export function compileValue(logic: ValueLogic): Choice {
  const compiler: Compiler = { leaves: [], watched: [] };
  const choose = compile(logic, 0, compiler);
  return { choose, leaves: compiler.leaves, watched: distinct(compiler.watched) };
}

function compile(logic: unknown, depth: number, compiler: Compiler): Chooser {
  checkDepth(depth);
  if (isPlain(logic) && Object.hasOwn(logic, 'IF')) return compileIf(logic, depth, compiler);
  if (isPlain(logic) && Object.hasOwn(logic, 'MATCH')) return compileMatch(logic, depth, compiler);
  const leaf = compiler.leaves.push(adopt(logic, 0)) - 1;
  return () => leaf;
}

function compileIf(logic: Record<string, unknown>, depth: number, compiler: Compiler): Chooser {
  if (!Object.hasOwn(logic, 'THEN')) throw malformed(logic, 'choice: THEN is missing');
  const then = compile(logic.THEN, depth + 1, compiler);
  const otherwise = compileOptional(logic, 'ELSE', depth, compiler);
  const condition: Condition = compileBool(logic.IF as BoolLogic);
  compiler.watched.push(...condition.watched);
  return (state) => (condition.holds(state) ? then(state) : otherwise(state));
}

function compileMatch(logic: Record<string, unknown>, depth: number, compiler: Compiler): Chooser {
  const { MATCH: text, CASES: cases } = logic;
  if (typeof text !== 'string') throw malformed(text, 'path');
  if (!isPlain(cases)) throw malformed(logic, 'choice: CASES are missing');
  const choosers = Object.entries(cases).map(([key, branch]): [string, Chooser] => {
    return [key, compile(branch, depth + 1, compiler)];
  });
  const otherwise = compileOptional(logic, 'DEFAULT', depth, compiler);
  const byKey = new Map(choosers);
  const path = parsePath(text);
  compiler.watched.push(observed(path));
  return (state) => {
    const key = keyOf(state.look(path));
    const chosen = key === undefined ? undefined : byKey.get(key);
    return (chosen ?? otherwise)(state);
  };
}

function compileOptional(
  logic: Record<string, unknown>,
  key: string,
  depth: number,
  compiler: Compiler,
): Chooser {
  return Object.hasOwn(logic, key) ? compile(logic[key], depth + 1, compiler) : () => NO_LEAF;
}

/** The key of the case for a value; none for what is neither text nor number nor boolean. */
function keyOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') return undefined;
  const text = String(value);
  const isShort = text.replace(/[-.]/g, '').length <= KEY_DIGITS_MAX && !text.includes('e');
  return isShort || !Number.isFinite(value) ? text : undefined;
}
