/**
 * What this device has written, in whichever tab, and where each write is.
 *
 * Guarantees: a write is listed from the moment that it is made until somebody has seen how it ended. Does not: send anything, or
 * keep it; the bridge does.
 */
import type { DeadWrite, EndedWrite, WaitingWrite, WsBridge } from '@aimdb/wasm';
import { Listeners } from './listeners.js';

/** A write that has ended, with what it was, where this tab has seen it wait. */
export interface Done extends EndedWrite {
  readonly value: unknown;
}

export interface OutboxState {
  /** In the order in which they were made. */
  readonly waiting: readonly WaitingWrite[];
  /** The newest first. */
  readonly letters: readonly DeadWrite[];
  /** What the server has, or a newer one has replaced: the newest first. */
  readonly done: readonly Done[];
  /** What came to nothing otherwise, as long as the bridge tells of it, also where its letter is gone. */
  readonly lost: readonly Done[];
}

export class Outbox {
  readonly #bridge: WsBridge;
  readonly #listeners = new Listeners();
  /** What was written, by number, since an end is told without it. */
  readonly #values = new Map<number, unknown>();
  #state: OutboxState;

  constructor(bridge: WsBridge) {
    this.#bridge = bridge;
    this.#state = this.#look();
    const change = () => {
      this.#state = this.#look();
      this.#listeners.tell();
    };
    bridge.onWritesChange(change);
    bridge.deadLetters.onChange(change);
  }

  readonly subscribe = this.#listeners.add;
  readonly get = (): OutboxState => this.#state;

  #look(): OutboxState {
    const { waiting, ended } = this.#bridge.writes();
    for (const { write, value } of waiting) this.#values.set(write, value);
    const known = new Set([...waiting, ...ended].map(({ write }) => write));
    for (const write of this.#values.keys()) if (!known.has(write)) this.#values.delete(write);
    const ends = ended.map((end) => ({ ...end, value: this.#values.get(end.write) })).reverse();
    const isDone = (end: Done) => isTaken(end) || isReplaced(end);
    return {
      waiting,
      letters: this.#bridge.deadLetters.list().toReversed(),
      done: ends.filter(isDone),
      lost: ends.filter((end) => !isDone(end)),
    };
  }
}

export function isTaken({ outcome }: EndedWrite): boolean {
  return outcome === 'acknowledged' || outcome === 'sent';
}

/** By a newer value of this device, before it was sent. */
export function isReplaced({ outcome, reason }: EndedWrite): boolean {
  return outcome === 'dropped' && reason === 'superseded';
}

/** By somebody else, whose value the server kept. */
export function isOvertaken({ outcome, reason }: EndedWrite): boolean {
  return outcome === 'refused' && reason === 'superseded';
}

/** The record that was written. */
export function keyOf({ key, topic }: { readonly key?: string; readonly topic: string }): string {
  return key ?? topic.replaceAll('/', '.');
}
