/**
 * What a batch really changes.
 *
 * Inputs to the same path are coalesced, the last wins; each is compared with the state before the batch. Objects,
 * arrays and opaque values are always kept. Nothing is dropped that would make a difference: behind an input that
 * writes or removes an object, inputs above and below it are kept, and compared when they are applied.
 */
import type { Path } from '../state/paths.js';
import type { State } from '../state/state.js';
import { ABSENT, isContainer, isPrimitive, isSame } from '../state/values.js';
import { Watch } from '../watch/watch.js';

/** One change of a batch as it comes in. */
export interface Input {
  readonly path: Path;
  readonly value: unknown;
  readonly sender: unknown;
}

/** The inputs to apply, in order. */
export function keep(state: State, inputs: readonly Input[]): Input[] {
  if (inputs.every((input) => isUnchanged(state, input))) return [];
  const reshaped = new Watch<true>();
  return coalesce(inputs).filter((input) => {
    const isInReach = !reshaped.isEmpty && reshaped.related(input.path).length > 0;
    if (isUnchanged(state, input) && !isInReach) return false;
    const old = state.look(input.path);
    const isLeaf = old !== ABSENT && !isContainer(old) && !isContainer(input.value);
    if (!isLeaf) reshaped.add(input.path, true);
    return true;
  });
}

/** Whether an input is what is there. An object or opaque value never is. */
export function isUnchanged(state: State, input: Input): boolean {
  return isPrimitive(input.value) && isSame(state.look(input.path), input.value, 'bits');
}

/** The last input to each path, where it stands. */
function coalesce(inputs: readonly Input[]): Input[] {
  const last = new Map(inputs.map((input, index) => [input.path.key, index]));
  return inputs.filter((input, index) => last.get(input.path.key) === index);
}
