/** What became of each setpoint that was written in this page: a short list, newest first. */
import type { SettledWrite, WsBridge } from '@aimdb/wasm';

export interface WrittenSetpoint {
  id: number;
  celsius: number;
  state: 'pending' | 'confirmed' | 'sent' | 'refused' | 'dropped' | 'unknown';
  reason: string | null;
}

/** Older entries fall off the list. */
const ENTRIES_MAX = 5;
const STATES = {
  acknowledged: 'confirmed',
  sent: 'sent',
  refused: 'refused',
  dropped: 'dropped',
  unknown: 'unknown',
} as const;

export class WriteLog {
  #bridge: WsBridge | null;
  #topic: string;
  #entries: readonly WrittenSetpoint[] = [];
  #nextId = 1;
  #listeners = new Set<() => void>();

  constructor(bridge: WsBridge | null, topic: string) {
    this.#bridge = bridge;
    this.#topic = topic;
  }

  readonly getSnapshot = (): readonly WrittenSetpoint[] => this.#entries;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    const stop = this.#bridge?.onWriteSettled((write) => this.#settle(write));
    return () => {
      this.#listeners.delete(listener);
      stop?.();
    };
  };

  /** A write that the engine took: it is on its way. */
  sent(celsius: number): void {
    this.#add({ celsius, state: 'pending', reason: null });
  }

  /** A write that the contract refused in this tab, before it went anywhere. */
  refusedHere(celsius: number, reason: string): void {
    this.#add({ celsius, state: 'refused', reason });
  }

  #add(entry: Omit<WrittenSetpoint, 'id'>): void {
    const id = this.#nextId++;
    this.#become([{ id, ...entry }, ...this.#entries].slice(0, ENTRIES_MAX));
  }

  /** Writes of one topic settle in the order in which they were made. */
  #settle(write: SettledWrite): void {
    if (write.topic !== this.#topic) return;
    const oldest = this.#entries.findLast((entry) => entry.state === 'pending');
    if (!oldest) return;
    const reason = write.reason ?? write.message ?? null;
    const settled = { ...oldest, state: STATES[write.outcome], reason };
    this.#become(this.#entries.map((entry) => (entry === oldest ? settled : entry)));
  }

  #become(entries: readonly WrittenSetpoint[]): void {
    this.#entries = entries;
    for (const listener of [...this.#listeners]) listener();
  }
}
