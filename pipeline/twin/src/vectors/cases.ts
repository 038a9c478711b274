/** Runs the cases of a file of the format `pipeline-vectors/1`, each kind in its own way. */
import { Engine, type UserChange } from '../run/engine.js';
import { PipelineError } from '../error.js';
import { Graph } from '../watch/graph.js';
import { findInGroup } from '../affected/matching.js';
import { parsePath, segmentsBetween } from '../state/paths.js';
import type { Rules } from '../run/rules.js';
import { decode, isEqual, show } from './json.js';
import { type ConcernEntry, concernRules, type SideEffects, sideEffectRules } from './rules.js';

/** One case, decoded. */
export interface VectorCase {
  readonly id: string;
  readonly kind: string;
  readonly input: Input;
  readonly expect: unknown;
}

/** A file as it is parsed from JSON. */
export interface VectorFile {
  readonly shared?: Readonly<Record<string, unknown>>;
  readonly cases: readonly VectorCase[];
}

/** Why a case failed. */
export interface Failure {
  readonly id: string;
  readonly expected: string;
  readonly got: string;
}

interface Input {
  readonly state?: unknown;
  readonly initial?: unknown;
  readonly passes?: number;
  readonly options?: { readonly passes?: number };
  readonly expr?: unknown;
  readonly logic?: unknown;
  readonly template?: string;
  readonly changes?: readonly UserChange[];
  readonly ingest?: Readonly<Record<string, unknown>>;
  readonly generate?: { readonly fields: number; readonly changedEvery: number };
  readonly ops?: readonly (readonly [op: string, left: string, right: string])[];
  readonly pathGroups?: readonly (readonly string[])[];
  readonly matchMode?: 'all' | 'children-only';
  readonly sideEffects?: readonly SideEffects[];
  readonly concerns?: readonly ConcernEntry[];
  readonly steps?: readonly Step[];
}

interface Step {
  readonly unregister?: string | readonly string[];
  readonly changes?: readonly UserChange[];
}

type Shared = Readonly<Record<string, unknown>>;
/** Gives what came out, in the form of what is expected. */
type Runner = (input: Input, shared: Shared, expect: unknown) => unknown;

const RUNNERS: Readonly<Record<string, Runner>> = {
  boolLogic: runBoolLogic,
  valueLogic: runValueLogic,
  template: runTemplate,
  diff: runDiff,
  gateway: runGateway,
  graph: runGraph,
  normalize: runNormalize,
  pipeline: runPipeline,
};

/** Runs every case of a file. */
export function runFile(json: unknown): { passed: number; failures: Failure[] } {
  const file = decode(json) as VectorFile;
  if (!Array.isArray(file?.cases)) throw new Error('the file has no cases');
  const failures = file.cases.flatMap((one) => runCase(one, file.shared ?? {}) ?? []);
  return { passed: file.cases.length - failures.length, failures };
}

/** What comes out of a case, in the form of what is expected; all there is to know when nothing is. */
export function gotOf(one: VectorCase, shared: Shared): unknown {
  const runner = Object.hasOwn(RUNNERS, one.kind) ? RUNNERS[one.kind] : undefined;
  if (runner === undefined) throw new Error(`${one.kind} is no kind of case`);
  return runner(one.input, shared, one.expect);
}

function runCase(one: VectorCase, shared: Shared): Failure | undefined {
  const { id, expect } = one;
  try {
    const got = gotOf(one, shared);
    // Components come in no order of their own.
    const expected = one.kind === 'graph' ? sortedSteps(expect) : expect;
    return isEqual(got, expected) ? undefined : { id, expected: show(expected), got: show(got) };
  } catch (error) {
    return { id, expected: show(expect), got: String(error) };
  }
}

function stateOf(value: unknown, shared: Shared): unknown {
  const isShared = typeof value === 'string' && value.startsWith('shared:');
  const state = isShared ? shared[value.slice('shared:'.length)] : value;
  return state ?? {};
}

function engineOf(initial: unknown, input: Input, shared: Shared): Engine {
  const passes = input.passes ?? input.options?.passes;
  const engine = new Engine(passes === undefined ? {} : { passes });
  engine.process([['', stateOf(initial, shared)]]);
  return engine;
}

function expression(input: Input): unknown {
  return Object.hasOwn(input, 'expr') ? input.expr : input.logic;
}

function runBoolLogic(input: Input, shared: Shared): unknown {
  const engine = engineOf(input.state, input, shared);
  const rules = { conditions: [expression(input)] } as Rules;
  return engine.holds(engine.register(rules).ids.conditions[0] ?? -1);
}

function runValueLogic(input: Input, shared: Shared): unknown {
  const engine = engineOf(input.state, input, shared);
  const { ids } = engine.register({ choices: [expression(input)] });
  return engine.value(ids.choices[0] ?? -1);
}

function runTemplate(input: Input, shared: Shared, expect: unknown): unknown {
  const engine = engineOf(input.state, input, shared);
  const { ids } = engine.register({ texts: [input.template ?? ''] });
  const id = ids.texts[0] ?? -1;
  return only(expect, { text: engine.text(id), placeholders: engine.placeholders(id) });
}

/** The entries that a batch keeps when each is sent alone. */
function keptAlone(changes: readonly UserChange[], input: Input, shared: Shared): UserChange[] {
  return changes.filter((change) => {
    return engineOf(input.state, input, shared).process([change]).keptCount > 0;
  });
}

function runDiff(input: Input, shared: Shared): unknown {
  return { kept: keptAlone(input.changes ?? [], input, shared) };
}

function runGateway(given: Input, shared: Shared, expect: unknown): unknown {
  const input = given.generate === undefined ? given : generated(given, given.generate);
  const changes: UserChange[] = Object.entries(input.ingest ?? {});
  const engine = engineOf(input.state, input, shared);
  const report = engine.process(changes);
  return only(expect, {
    kept: keptAlone(changes, input, shared),
    appliedCount: report.keptCount,
    pipelineRuns: Number(report.keptCount > 0),
    stateAfter: engine.state,
  });
}

/** Numbered fields, of which every nth gets another value. */
function generated(input: Input, generate: NonNullable<Input['generate']>): Input {
  const { fields, changedEvery } = generate;
  const field = (value: (n: number) => number) =>
    Object.fromEntries(Array.from({ length: fields }, (_, n) => [`field${n}`, value(n)]));
  const isChanged = (n: number) => changedEvery > 0 && n % changedEvery === 0;
  const state = field((n) => n);
  return { ...input, state, ingest: field((n) => (isChanged(n) ? n + 1_000_000 : n)) };
}

function runGraph(input: Input): unknown {
  const graph = new Graph();
  const componentsAfterEachOp = (input.ops ?? []).map(([op, left, right]) => {
    if (op !== 'add' && op !== 'remove') throw new Error(`${op} is neither add nor remove`);
    graph[op](parsePath(left), parsePath(right));
    return graph.components().map((members) => members.map((path) => path.text));
  });
  return sortedSteps({ componentsAfterEachOp });
}

function sortedSteps(steps: unknown): unknown {
  const { componentsAfterEachOp } = steps as { componentsAfterEachOp: string[][][] };
  const sorted = componentsAfterEachOp.map((components) =>
    components.map((members) => [...members].sort()).sort(),
  );
  return { componentsAfterEachOp: sorted };
}

function runNormalize(input: Input): unknown {
  return (input.changes ?? []).flatMap(([text, value, meta]) => {
    const written = parsePath(text);
    return (input.pathGroups ?? []).flatMap((connectedPaths) => {
      const group = connectedPaths.map(parsePath);
      const match = findInGroup(written, value, group, input.matchMode);
      if (match === undefined) return [];
      const below = segmentsBetween(match.path, written).join('.');
      return {
        matchedPath: match.path.text,
        relativePath: match.relation === 'below' ? below : null,
        value: match.value,
        meta: meta ?? {},
        connectedPaths,
      };
    });
  });
}

function runPipeline(input: Input, shared: Shared, expect: unknown): unknown {
  const engine = engineOf(input.initial, input, shared);
  const registered = [
    ...(input.sideEffects ?? []).map((entry) => ({
      name: entry.id,
      id: registerOrRefuse(engine, sideEffectRules(entry)),
    })),
    ...(input.concerns ?? []).map((entry) => ({
      name: entry.id,
      id: registerOrRefuse(engine, concernRules(entry)),
    })),
  ];
  const stateAfterRegister = engine.state;
  const stateAfter = (input.steps ?? []).map((step) => {
    const names = [step.unregister ?? []].flat();
    for (const { name, id } of registered) {
      if (name !== undefined && id !== undefined && names.includes(name)) engine.unregister(id);
    }
    processOrRefuse(engine, step.changes ?? []);
    return engine.state;
  });
  return only(expect, { stateAfter, stateAfterRegister });
}

/** A refusal leaves everything as it was: the expected state says whether that is so. */
function registerOrRefuse(engine: Engine, rules: Rules): number | undefined {
  try {
    return engine.register(rules).ids.id;
  } catch (error) {
    if (error instanceof PipelineError && error.code !== 'MALFORMED_RULE') return undefined;
    throw error;
  }
}

function processOrRefuse(engine: Engine, changes: readonly UserChange[]): void {
  try {
    engine.process(changes);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
  }
}

/** Of what came out, what somebody expects, or all: a key that nobody knows stays missing and fails. */
function only(expect: unknown, got: Readonly<Record<string, unknown>>): unknown {
  if (expect === undefined) return got;
  const wanted = Object.keys(expect ?? {}).filter((key) => Object.hasOwn(got, key));
  return Object.fromEntries(wanted.map((key) => [key, got[key]]));
}
