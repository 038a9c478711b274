/** The errors of refused batches and registrations: a stable code, the path, and words that say what to do. */
import { PipelineError } from '../errors.js';
import { type Area, WORD } from './area.js';
import { readText } from './text.js';

/** Makes the error of the refusal that the header describes; `path` where the engine names none. */
export type Failing = (path?: string) => PipelineError;

type Words = (path: string, number: number, other: string) => string;

const UNKNOWN: readonly [code: string, words: Words] = [
  'unknown',
  () => 'the engine refused for a reason that this package does not know',
];

/** By the number that `pipeline-wasm/src/failure.rs` gives. */
const FAILURES: readonly (readonly [code: string, words: Words])[] = [
  UNKNOWN,
  [
    'through_primitive',
    (path, _, other) => `cannot write '${path}': '${other}' holds a value that is no object`,
  ],
  [
    'past_array_end',
    (path, length) =>
      `cannot write '${path}': the array has ${length} elements, the next index is ${length}`,
  ],
  ['not_an_index', (path) => `cannot write '${path}': an array takes only indexes`],
  ['computed_target', (path) => `cannot write '${path}': a computation owns it`],
  [
    'not_settled',
    (path, rounds) => `the rules do not settle: '${path}' still changed after ${rounds} rounds`,
  ],
  ['too_many_writes', (_, max) => `more than ${max} values were written in one batch`],
  ['listener_too_deep', (_, max) => `listeners answered each other more than ${max} times`],
  ['aggregation_cycle', (path) => `'${path}' would be both target and source of aggregations`],
  ['nested_members', (path) => `'${path}' cannot be bound to something above or below it`],
  ['computation_cycle', (path) => `the computation of '${path}' depends on itself`],
  ['target_taken', (path) => `'${path}' is already the target of another kind of rule`],
  ['unbound_wildcard', (path) => `clear target '${path}' has more [*] than one of its triggers`],
  ['logic_too_deep', (_, max) => `a rule nests deeper than ${max} levels`],
  ['path_too_deep', (_, count) => `a path has ${count} segments, which is too many`],
  ['text_too_long', (_, bytes) => `a text of ${bytes} bytes is too long`],
  ['too_many_paths', () => 'there are too many paths'],
  ['too_many_texts', () => 'there are too many texts'],
  ['malformed_input', (_, index) => `entry ${index} of the batch is malformed`],
  ['malformed_rule', () => 'the rules could not be read'],
];

/** Reads refusals from the header. */
export function failingOf(area: Area): Failing {
  return (about) => {
    const [code, words] = FAILURES[area.word(WORD.failureCode)] ?? UNKNOWN;
    const path = readText(area.bytes(WORD.failurePath));
    const other = readText(area.bytes(WORD.failureOther));
    const message = words(path, area.word(WORD.failureNumber), other);
    return new PipelineError(code, message, path === '' ? about : path);
  };
}
