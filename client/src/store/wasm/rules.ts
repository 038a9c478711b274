/**
 * Rules as bytes, in the format that `pipeline/wasm/src/rules.rs` reads. What an application wrote wrong is refused
 * here, with the words of what it wrote.
 */
import type { BoolLogic, ClearRule, EngineRules, ValueLogic } from '../engine.js';
import { PipelineError } from '../errors.js';
import { Bytes } from './bytes.js';
import { CHOICE, FORM, KIND, LOGIC_DEPTH_MAX, OPERATION } from './numbers.js';
import { isPlain } from './plain.js';

const COMPARISONS = ['GT', 'LT', 'GTE', 'LTE'];
const MEMBERSHIPS = ['IN', 'CONTAINS_ANY', 'CONTAINS_ALL'];

/** The literals of each choice, in the order of the choices. */
export type Leaves = readonly unknown[][];

/** Writes the rules of one registration. */
export function writeRules(rules: EngineRules): { bytes: Uint8Array; leaves: Leaves } {
  const writer = new RulesWriter();
  writer.rules(rules);
  return { bytes: writer.out.written, leaves: writer.leaves };
}

class RulesWriter {
  readonly out = new Bytes();
  readonly leaves: unknown[][] = [];

  rules(rules: EngineRules): void {
    const { out } = this;
    for (const pairs of [rules.sync, rules.oneWay, rules.flip]) this.#list(pairs, this.#pair);
    this.#list(rules.aggregations, ([target, source, excludeWhen]) => {
      this.#path(target);
      this.#path(source);
      out.optional(excludeWhen, this.#condition);
    });
    this.#list(rules.computations, ([operation, target, source, excludeWhen]) => {
      if (!Object.hasOwn(OPERATION, operation)) throw malformed(operation, 'operation');
      out.byte(OPERATION[operation]);
      this.#path(target);
      this.#path(source);
      out.optional(excludeWhen, this.#condition);
    });
    this.#list(rules.clears, this.#clear);
    this.#list(rules.listeners, ({ paths, scope = '' }) => {
      this.#list(paths, this.#path);
      this.#path(scope);
    });
    this.#list(rules.conditions, this.#condition);
    this.#list(rules.choices, (choice) => {
      this.leaves.push([]);
      this.#choice(choice, 0);
    });
    this.#list(rules.texts, this.#path);
    this.#list(rules.validators, (paths) => this.#list(paths, this.#path));
    out.optional(rules.anchor, this.#path);
  }

  #list<Item>(items: readonly Item[] | undefined, write: (item: Item) => void): void {
    if (items !== undefined && !Array.isArray(items)) throw malformed(items, 'list');
    this.out.list(items, write);
  }

  readonly #path = (path: string): void => {
    if (typeof path !== 'string') throw malformed(path, 'path');
    this.out.text(path);
  };

  readonly #pair = (pair: readonly [string, string]): void => {
    for (const path of pairOf(pair)) this.#path(path as string);
  };

  readonly #clear = (rule: ClearRule): void => {
    this.#list(rule.triggers, this.#path);
    this.#list(rule.targets, this.#path);
    this.out.byte(rule.expandMatch ? 1 : 0);
  };

  readonly #condition = (logic: BoolLogic): void => this.#conditionAt(logic, 0);

  #conditionAt(logic: unknown, depth: number): void {
    checkDepth(depth);
    const written = Array.isArray(logic) ? { IS_EQUAL: logic } : logic;
    const entries = isPlain(written) ? Object.entries(written) : [];
    const [entry] = entries;
    if (entry === undefined || entries.length > 1) throw malformed(logic, 'condition');
    this.#operator(entry[0], entry[1], depth);
  }

  #operator(operator: string, argument: unknown, depth: number): void {
    if (!Object.hasOwn(FORM, operator)) throw malformed(operator, 'operator');
    this.out.byte(FORM[operator as keyof typeof FORM]);
    if (operator === 'NOT') {
      this.#conditionAt(argument, depth + 1);
    } else if (operator === 'AND' || operator === 'OR') {
      this.#list(listOf(argument), (part) => this.#conditionAt(part, depth + 1));
    } else if (operator === 'EXISTS' || operator === 'IS_EMPTY') {
      this.#path(argument as string);
    } else {
      this.#comparison(operator, pairOf(argument));
    }
  }

  #comparison(operator: string, [path, right]: readonly unknown[]): void {
    this.#path(path as string);
    if (COMPARISONS.includes(operator)) {
      if (typeof right !== 'number') throw malformed(right, 'number');
      this.out.number(right);
    } else if (MEMBERSHIPS.includes(operator)) {
      this.#list(listOf(right), (item) => this.#literal(item, 0));
    } else {
      this.#literal(right, 0);
    }
  }

  #literal(literal: unknown, depth: number): void {
    checkDepth(depth);
    const { out } = this;
    if (literal === undefined) out.byte(KIND.undefined);
    else if (literal === null) out.byte(KIND.null);
    else if (typeof literal === 'boolean') {
      out.byte(KIND.bool);
      out.byte(literal ? 1 : 0);
    } else if (typeof literal === 'number') {
      out.byte(KIND.number);
      out.number(literal);
    } else if (typeof literal === 'string') {
      out.byte(KIND.text);
      out.text(literal);
    } else if (Array.isArray(literal)) {
      out.byte(KIND.array);
      // By index: holes are undefined.
      out.list(Array.from(literal), (item) => this.#literal(item, depth + 1));
    } else if (isPlain(literal)) {
      out.byte(KIND.object);
      out.list(Object.entries(literal), ([key, item]) => {
        out.text(key);
        this.#literal(item, depth + 1);
      });
    } else {
      throw malformed(literal, 'literal: only plain values can be compared');
    }
  }

  #choice(logic: ValueLogic | unknown, depth: number): void {
    checkDepth(depth);
    if (isPlain(logic) && Object.hasOwn(logic, 'IF')) this.#if(logic, depth);
    else if (isPlain(logic) && Object.hasOwn(logic, 'MATCH')) this.#match(logic, depth);
    else this.#leaf(logic);
  }

  #leaf(literal: unknown): void {
    const leaves = this.leaves.at(-1) ?? [];
    this.out.byte(CHOICE.LEAF);
    this.out.count(leaves.length);
    leaves.push(frozenCopy(literal));
  }

  #if(logic: Record<string, unknown>, depth: number): void {
    if (!Object.hasOwn(logic, 'THEN')) throw malformed(logic, 'choice: THEN is missing');
    this.out.byte(CHOICE.IF);
    this.#conditionAt(logic.IF, 0);
    this.#choice(logic.THEN, depth + 1);
    this.#otherwise(logic, 'ELSE', depth);
  }

  #match(logic: Record<string, unknown>, depth: number): void {
    const { CASES: cases } = logic;
    if (!isPlain(cases)) throw malformed(logic, 'choice: CASES are missing');
    this.out.byte(CHOICE.MATCH);
    this.#path(logic.MATCH as string);
    this.out.list(Object.entries(cases), ([key, branch]) => {
      this.out.text(key);
      this.#choice(branch, depth + 1);
    });
    this.#otherwise(logic, 'DEFAULT', depth);
  }

  #otherwise(logic: Record<string, unknown>, key: string, depth: number): void {
    const has = Object.hasOwn(logic, key);
    this.out.byte(has ? 1 : 0);
    if (has) this.#choice(logic[key], depth + 1);
  }
}

/** A literal that a choice can yield, ours from now on. */
function frozenCopy(literal: unknown, depth = 0): unknown {
  checkDepth(depth);
  if (Array.isArray(literal)) {
    return Object.freeze(Array.from(literal, (item) => frozenCopy(item, depth + 1)));
  }
  if (!isPlain(literal)) return literal;
  const entries = Object.entries(literal).map(([key, item]) => [key, frozenCopy(item, depth + 1)]);
  return Object.freeze(Object.fromEntries(entries));
}

function checkDepth(depth: number): void {
  if (depth <= LOGIC_DEPTH_MAX) return;
  throw new PipelineError('LOGIC_TOO_DEEP', `a rule nests deeper than ${LOGIC_DEPTH_MAX} levels`);
}

function malformed(rule: unknown, wanted: string): PipelineError {
  return new PipelineError('MALFORMED_RULE', `${shown(rule)} is no ${wanted}`);
}

/** What was written, as far as it can be shown. */
function shown(rule: unknown): string {
  try {
    return JSON.stringify(rule)?.slice(0, 80) ?? String(rule);
  } catch {
    return String(rule);
  }
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(value, 'list');
  return value;
}

function pairOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length !== 2) throw malformed(value, 'pair');
  return value;
}
