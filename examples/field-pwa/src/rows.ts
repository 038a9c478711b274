/** A list of what this device and the server have, as one: what a screen shows of a ring. */
import type { DeadWrite } from '@aimdb/wasm';
import { keyOf, type OutboxState } from './outbox.js';
import { stateOf, type WriteState } from './parts/state.js';

interface Numbered {
  readonly id: string;
  readonly timestamp: number;
}

export interface Row<V> {
  readonly value: V;
  readonly state: WriteState;
  readonly letter?: DeadWrite;
}

/** The newest first. What a value's own write says of it is stronger than that the server has it. */
export function rowsOf<V extends Numbered>(
  key: string,
  confirmed: readonly V[],
  { waiting, letters }: OutboxState,
): Row<V>[] {
  const byId = new Map<string, Row<V>>();
  for (const value of confirmed) byId.set(value.id, { value, state: 'delivered' });
  for (const letter of letters.filter((each) => keyOf(each) === key)) {
    const value = letter.value as V;
    byId.set(value.id, { value, state: stateOf(letter), letter });
  }
  for (const write of waiting.filter((each) => keyOf(each) === key)) {
    const value = write.value as V;
    byId.set(value.id, { value, state: stateOf(write) });
  }
  return [...byId.values()].sort((one, other) => other.value.timestamp - one.value.timestamp);
}
