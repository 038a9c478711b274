/** The errors of refused batches and registrations: a stable code, the path, and words that say what to do. */
import { PipelineError } from '../errors.js';
import type { Area } from './area.js';
import { type FailureCodes, WORD } from './numbers.js';
import { readText } from './text.js';

/** Makes the error of the refusal that the header describes; `path` where the engine names none. */
export type Failing = (path?: string) => PipelineError;

type Worded<Codes extends readonly string[]> = {
  readonly [At in keyof Codes]: readonly [code: Codes[At], words: string];
};

/** Codes and words by the engine's number; %p is the path, %n a number, %o another path. */
const FAILURES: Worded<FailureCodes> = [
  ['UNKNOWN', 'the engine refused for a reason that this package does not know'],
  ['THROUGH_PRIMITIVE', "cannot write '%p': '%o' holds a value that is no object"],
  ['PAST_ARRAY_END', "cannot write '%p': the array has %n elements, the next index is %n"],
  ['NOT_AN_INDEX', "cannot write '%p': an array takes only indexes"],
  ['COMPUTED_TARGET', "cannot write '%p': a computation owns it"],
  ['NOT_SETTLED', "the rules do not settle: '%p' still changed after %n rounds"],
  ['TOO_MANY_WRITES', 'more than %n values were written in one batch'],
  ['LISTENER_TOO_DEEP', 'listeners answered each other more than %n times'],
  ['AGGREGATION_CYCLE', "'%p' would be both target and source of aggregations"],
  ['NESTED_MEMBERS', "'%p' cannot be bound to something above or below it"],
  ['COMPUTATION_CYCLE', "the computation of '%p' depends on itself"],
  ['TARGET_TAKEN', "'%p' is already the target of another kind of rule"],
  ['UNBOUND_WILDCARD', "clear target '%p' has more [*] than one of its triggers"],
  ['LOGIC_TOO_DEEP', 'a rule nests deeper than %n levels'],
  ['PATH_TOO_DEEP', 'a path has %n segments, which is too many'],
  ['TEXT_TOO_LONG', 'a text of %n bytes is too long'],
  ['TOO_MANY_PATHS', 'there are too many paths'],
  ['TOO_MANY_TEXTS', 'there are too many texts'],
  ['MALFORMED_INPUT', 'entry %n of the batch is malformed'],
  ['MALFORMED_RULE', 'the rules could not be read'],
];

/** Reads refusals from the header. */
export function failingOf(area: Area): Failing {
  return (about) => {
    const path = readText(area.bytes(WORD.failurePath));
    const fill: Record<string, unknown> = {
      '%p': path,
      '%n': area.word(WORD.failureNumber),
      '%o': readText(area.bytes(WORD.failureOther)),
    };
    const [code, words] = FAILURES[area.word(WORD.failureCode)] ?? FAILURES[0];
    const message = words.replace(/%[pno]/g, (place) => String(fill[place]));
    return new PipelineError(code, message, path === '' ? about : path);
  };
}
