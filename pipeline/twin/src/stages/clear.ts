/**
 * Paths that become null when others change.
 *
 * Only a change that came in triggers a rule, at the trigger or below it; what other rules wrote does not. `[*]` in a
 * trigger captures one segment, and the nth `[*]` in a target is replaced by the nth capture. With `expandMatch` a
 * `[*]` in a target stands for every key that is there.
 */
import { type Batch, type Change, LINEAGE, leadsTo } from '../batch/batch.js';
import { PipelineError } from '../error.js';
import { child, type Path, ROOT, SEGMENTS_MAX } from '../state/paths.js';
import { Registry } from '../affected/registry.js';
import type { State } from '../state/state.js';

/** A rule as it is written. */
export interface ClearRule {
  readonly triggers: readonly string[];
  readonly targets: readonly string[];
  /** Whether `[*]` in a target stands for every key instead of for a capture. */
  readonly expandMatch?: boolean;
}

const ANY: unique symbol = Symbol('[*]');
type Pattern = readonly (string | typeof ANY)[];

interface Trigger {
  readonly pattern: Pattern;
  readonly targets: readonly Pattern[];
  readonly isExpanding: boolean;
}

/** The registry of clear rules. */
export class Clear {
  readonly #triggers = new Registry<Trigger>();

  get isEmpty(): boolean {
    return this.#triggers.isEmpty;
  }

  /** Adds a rule: one id for each of its triggers. */
  add(rule: ClearRule): number[] {
    const compiled = rule.triggers.map((trigger) => compile(rule, trigger));
    return compiled.map((trigger) => this.#triggers.add(trigger, [prefix(trigger.pattern)]));
  }

  remove(id: number): void {
    this.#triggers.remove(id);
  }

  /** Sets to null what these incoming changes trigger. */
  run(batch: Batch, genuine: readonly Change[]): void {
    if (this.isEmpty) return;
    for (const change of genuine) {
      for (const id of this.#triggers.upwards(change.path)) {
        const trigger = this.#triggers.get(id);
        if (trigger !== undefined) runOne(batch, trigger, change);
      }
    }
  }
}

function runOne(batch: Batch, trigger: Trigger, change: Change): void {
  const captures = capture(trigger.pattern, change.path.segments);
  if (captures === undefined) return;
  const cause = leadsTo(change, 'clear', LINEAGE.isClearPathChange);
  for (const target of trigger.targets) {
    for (const path of resolve(batch.state, target, captures, trigger.isExpanding)) {
      batch.write(path, null, cause);
    }
  }
}

function compile(rule: ClearRule, text: string): Trigger {
  const pattern = parsePattern(text);
  const isExpanding = rule.expandMatch === true;
  const wildcards = (steps: Pattern) => steps.filter((step) => step === ANY).length;
  const targets = rule.targets.map((target) => {
    const steps = parsePattern(target);
    if (!isExpanding && wildcards(steps) > wildcards(pattern)) {
      const message = `clear target '${target}' has more [*] than one of its triggers`;
      throw new PipelineError('UNBOUND_WILDCARD', message, target);
    }
    return steps;
  });
  return { pattern, targets, isExpanding };
}

/** `a.[*].b` and `a[*].b` mean the same. */
function parsePattern(text: string): Pattern {
  if (text === '') return [];
  const steps = text.split('.').flatMap((segment) => {
    const literal = segment.replace(/(\[\*\])+$/, '');
    const wildcards = new Array<typeof ANY>((segment.length - literal.length) / 3).fill(ANY);
    return literal !== '' || segment === '' ? [literal, ...wildcards] : wildcards;
  });
  if (steps.length > SEGMENTS_MAX) {
    const message = `a path has ${steps.length} segments, which is too many`;
    throw new PipelineError('PATH_TOO_DEEP', message, text);
  }
  return steps;
}

/** The path of the steps before the first wildcard. */
function prefix(pattern: Pattern): Path {
  let path = ROOT;
  for (const step of pattern) {
    if (step === ANY) break;
    path = child(path, step);
  }
  return path;
}

function capture(pattern: Pattern, segments: readonly string[]): string[] | undefined {
  const captures: string[] = [];
  for (const [index, step] of pattern.entries()) {
    const segment = segments[index];
    if (segment === undefined || (step !== ANY && step !== segment)) return undefined;
    if (step === ANY) captures.push(segment);
  }
  return captures;
}

function resolve(
  state: State,
  pattern: Pattern,
  captures: readonly string[],
  isExpanding: boolean,
): Path[] {
  const left = captures.values();
  let found: Path[] = [ROOT];
  for (const step of pattern) {
    if (step === ANY && isExpanding) {
      found = found.flatMap((path) => keysInOrder(state, path).map((key) => child(path, key)));
    } else {
      const segment = step === ANY ? left.next().value : step;
      if (segment === undefined) return [];
      found = found.map((path) => child(path, segment));
    }
  }
  return found;
}

/** An array's indexes in order; the keys of an object by code points, however it came to them. */
function keysInOrder(state: State, path: Path): string[] {
  const keys = state.keys(path);
  return Array.isArray(state.look(path)) ? keys : keys.sort(byCodePoint);
}

function byCodePoint(left: string, right: string): number {
  const [one, other] = [Array.from(left), Array.from(right)];
  const at = one.findIndex((character, index) => character !== other[index]);
  const code = (characters: string[]) => characters[at]?.codePointAt(0) ?? -1;
  return at < 0 ? one.length - other.length : code(one) - code(other);
}
