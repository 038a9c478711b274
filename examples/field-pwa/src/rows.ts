/** A list of what this device and the server have, as one: what a screen shows of a ring. */
import type { DeadLetter } from '@aimdb/wasm/storage';
import type { Letter, OutboxState } from './outbox.js';
import type { WriteState } from './parts/state.js';

interface Numbered {
  readonly id: string;
  readonly timestamp: number;
}

export interface Row<V> {
  readonly value: V;
  readonly state: WriteState;
  readonly letter?: DeadLetter<Letter>;
}

/** The newest first. What a value's own write says of it is stronger than that the server has it. */
export function rowsOf<V extends Numbered>(
  key: string,
  confirmed: readonly V[],
  { waiting, letters }: OutboxState,
): Row<V>[] {
  const byId = new Map<string, Row<V>>();
  for (const value of confirmed) byId.set(value.id, { value, state: 'acknowledged' });
  for (const letter of letters) {
    const value = letter.letter.value as V | undefined;
    if (letter.letter.key !== key || !value) continue;
    byId.set(value.id, { value, state: letter.letter.state, letter });
  }
  for (const { key: of, value, state } of waiting) {
    if (of === key) byId.set((value as V).id, { value: value as V, state });
  }
  return [...byId.values()].sort((one, other) => other.value.timestamp - one.value.timestamp);
}
