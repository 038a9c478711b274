/** How a write ended, as the engine tells it, for those who wait for it and for the device. */
import type { DeadEvent, EndEvent, Frame } from '../records/host.js';
import type { SettledWrite, StoredLetter } from '../types.js';
import { NOT_STORED } from './dead-letters.js';
import { winnerIn } from './frames.js';

/** What an event says besides what a letter has; what a write was made over matters no more. */
const NOT_OF_LETTERS = [
  ...['type', 'dead', 'number', 'handedOver', 'expiresAt', 'until'],
  ...['base', 'server', 'onto', 'newer'],
];
/** What a letter says besides how the write ended. */
const OF_LETTERS = ['payload', 'offline', 'version', 'at'];

/** How a write ended, without what it was; `frame` is what brought it. */
export function settledOf(event: EndEvent, frame: Frame | null | undefined): SettledWrite {
  const told = event.dead
    ? { ...without(letterOf(event, frame), OF_LETTERS), write: event.write }
    : without(event, NOT_OF_LETTERS);
  return Object.freeze(told as unknown as SettledWrite);
}

/** It is known by its number on the device; what that never had, by one below 0. */
export function letterOf(event: DeadEvent, frame: Frame | null | undefined): StoredLetter {
  const number = event.reason === NOT_STORED ? 0 : event.number;
  return {
    ...(without(event, NOT_OF_LETTERS) as unknown as StoredLetter),
    ...winnerIn(frame, event),
    write: number || -event.write,
    at: Date.now(),
  };
}

function without(object: object, names: readonly string[]): Record<string, unknown> {
  const rest = Object.entries(object).filter(([name]) => !names.includes(name));
  return Object.fromEntries(rest);
}
