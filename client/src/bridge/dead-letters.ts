/**
 * Writes that came to nothing, for people to look at, to try again or to let go.
 *
 * Guarantees: bounded, and the oldest go; what is tried again is a new write, made before the letter goes, and kept in one with
 * that where there is a device. Does not: hold what a newer value has overtaken, or what may yet be sent.
 */
import { AimDbError } from '../errors.js';
import { Signal } from '../listeners.js';
import type {
  DeadWrite,
  StorageChange,
  StoredLetter,
  Unsubscribe,
  WriteReceipt,
} from '../types.js';
import { soon } from '../turn.js';
import { parsed } from './writes.js';

/** As many as a storage keeps, in number and in bytes of payload. */
export const DEAD_LETTERS_MAX = 1000;
export const DEAD_LETTER_BYTES_MAX = 4 * 1024 * 1024;

/** The reason of a write that the device has never had. */
export const NOT_STORED = 'not_stored';

export interface LetterCalls {
  /** Makes the write anew. */
  write(letter: DeadWrite): WriteReceipt;
  /** Tells the device, if there is one; with `isWithLast` together with what it was told last. */
  keep(change: StorageChange, isWithLast: boolean): void;
  onThrow(thrown: unknown): void;
}

export class DeadLetters {
  readonly #calls: LetterCalls;
  readonly #changes = new Signal<void>();
  #list: readonly DeadWrite[];

  /** @internal */
  constructor(calls: LetterCalls, letters: readonly StoredLetter[]) {
    this.#calls = calls;
    this.#list = bounded(letters.map(dead));
  }

  /** All of them, the oldest first; the same list until it changes. */
  list(): readonly DeadWrite[] {
    return this.#list;
  }

  onChange(callback: () => void): Unsubscribe {
    if (typeof callback !== 'function') {
      throw new AimDbError('CALLBACK_INVALID', 'a callback is a function');
    }
    return this.#changes.listen(callback);
  }

  /** Makes the write anew, under another number. Throws what the record's contract says, and then the letter stays. */
  retry(write: number): WriteReceipt {
    const letter = this.#find(write);
    const receipt = this.#calls.write(letter);
    this.#remove(write, true);
    receipt.acknowledged.catch((thrown: unknown) => {
      // The device had no room for the write, and has the letter yet.
      if (thrown instanceof AimDbError && thrown.reason === NOT_STORED && write > 0) {
        soon(() => this.#become([letter, ...this.#without(-(receipt.write ?? 0))]));
      }
    });
    return receipt;
  }

  /** Lets it go. */
  discard(write: number): void {
    this.#find(write);
    this.#remove(write, false);
  }

  /** @internal */
  add(letter: StoredLetter): void {
    this.#become([...this.#without(letter.write), dead(letter)]);
  }

  /** @internal What the device has now. */
  reset(letters: readonly StoredLetter[]): void {
    this.#become(letters.map(dead));
  }

  #find(write: number): DeadWrite {
    const letter = this.#list.find((letter) => letter.write === write);
    if (letter) return letter;
    const message = `there is no dead letter of write ${write}: it was tried again, discarded, or went for newer ones`;
    throw new AimDbError('LETTER_UNKNOWN', message);
  }

  #remove(write: number, isWithLast: boolean): void {
    // One that the device never had is here alone.
    if (write > 0) this.#calls.keep({ forget: write }, isWithLast);
    this.#become(this.#without(write));
  }

  #without(write: number): DeadWrite[] {
    return this.#list.filter((letter) => letter.write !== write);
  }

  #become(letters: readonly DeadWrite[]): void {
    this.#list = bounded(letters);
    this.#changes.emit(undefined, this.#calls.onThrow);
  }
}

function dead(letter: StoredLetter): DeadWrite {
  return Object.freeze({ ...letter, value: parsed(letter.payload) });
}

/** The newest that have room. */
function bounded(letters: readonly DeadWrite[]): readonly DeadWrite[] {
  let first = Math.max(0, letters.length - DEAD_LETTERS_MAX);
  let bytes = 0;
  for (let at = letters.length - 1; at >= first; at--) {
    // Two bytes a character, as the tab's memory holds them.
    bytes += 2 * (letters[at] as DeadWrite).payload.length;
    if (bytes > DEAD_LETTER_BYTES_MAX) first = at + 1;
  }
  return Object.freeze(letters.slice(first));
}
