/** A simulated thermometer: a slow wave with a little noise, written to all three buffers. */
import type { WasmDb } from '@aimdb/wasm';
import { BUFFER_KEYS } from './records.js';

/** Writes made in one turn by the burst button: more than the ring holds. */
export const BURST_LENGTH = 20;

export class Thermometer {
  #db: WasmDb;
  #step = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #listeners = new Set<() => void>();

  constructor(db: WasmDb) {
    this.#db = db;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      // Nobody looks any more: a page that was left must not go on writing.
      if (this.#listeners.size === 0) this.#run(false);
    };
  };

  readonly isRunning = (): boolean => this.#timer !== undefined;

  toggle(): void {
    this.#run(!this.isRunning());
    for (const listener of [...this.#listeners]) listener();
  }

  /** Writes several values within one turn, faster than any reader can take them. */
  burst(): void {
    for (let count = 0; count < BURST_LENGTH; count += 1) this.#write();
  }

  #run(on: boolean): void {
    clearInterval(this.#timer);
    this.#timer = on ? setInterval(() => this.#write(), 500) : undefined;
  }

  #write(): void {
    this.#step += 1;
    const noise = ((this.#step * 7919) % 13) / 20;
    const celsius = Math.round((21 + 3 * Math.sin(this.#step / 8) + noise) * 10) / 10;
    for (const key of BUFFER_KEYS) this.#db.set(key, { celsius, timestamp: Date.now() });
  }
}
