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
  ['unknown', 'the engine refused for a reason that this package does not know'],
  ['through_primitive', "cannot write '%p': '%o' holds a value that is no object"],
  ['past_array_end', "cannot write '%p': the array has %n elements, the next index is %n"],
  ['not_an_index', "cannot write '%p': an array takes only indexes"],
  ['computed_target', "cannot write '%p': a computation owns it"],
  ['not_settled', "the rules do not settle: '%p' still changed after %n rounds"],
  ['too_many_writes', 'more than %n values were written in one batch'],
  ['listener_too_deep', 'listeners answered each other more than %n times'],
  ['aggregation_cycle', "'%p' would be both target and source of aggregations"],
  ['nested_members', "'%p' cannot be bound to something above or below it"],
  ['computation_cycle', "the computation of '%p' depends on itself"],
  ['target_taken', "'%p' is already the target of another kind of rule"],
  ['unbound_wildcard', "clear target '%p' has more [*] than one of its triggers"],
  ['logic_too_deep', 'a rule nests deeper than %n levels'],
  ['path_too_deep', 'a path has %n segments, which is too many'],
  ['text_too_long', 'a text of %n bytes is too long'],
  ['too_many_paths', 'there are too many paths'],
  ['too_many_texts', 'there are too many texts'],
  ['malformed_input', 'entry %n of the batch is malformed'],
  ['malformed_rule', 'the rules could not be read'],
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
