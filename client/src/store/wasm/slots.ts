/** The values that only JavaScript understands, by the numbers under which the engine knows them. */
import type { Area } from './area.js';
import { SLOTS_MAX, WORD } from './numbers.js';

export class Slots {
  readonly #values: unknown[] = [];
  readonly #free: number[] = [];

  /** How many values are kept. */
  get size(): number {
    return this.#values.length - this.#free.length;
  }

  /** Keeps a value; its number, or nothing when there is no room. */
  add(value: unknown): number | undefined {
    const slot = this.#free.pop() ?? this.#values.length;
    if (slot >= SLOTS_MAX) return undefined;
    this.#values[slot] = value;
    return slot;
  }

  get(slot: number): unknown {
    return this.#values[slot];
  }

  remove(slot: number): void {
    this.#values[slot] = undefined;
    this.#free.push(slot);
  }

  /** Lets go of what the last report says is free. */
  forget(area: Area): void {
    const count = area.count(WORD.freedSlots);
    for (let at = 0; at < count; at++) this.remove(area.u32At(WORD.freedSlots, at));
  }
}
