/**
 * The writes of a bridge as its page sees them: those that wait, those that ended lately, and a receipt for each that asks.
 *
 * Guarantees: a list is the same object until something changed; a write that waits is the same object until its status
 * changes. Does not: decide anything; the session in the engine does.
 */
import type { Engine } from '../../wasm/engine.js';
import { AimDbError } from '../errors.js';
import { Signal } from '../listeners.js';
import { deepFreeze } from '../plain.js';
import { oncePerTurn } from '../turn.js';
import type {
  EndedWrite,
  SettledWrite,
  StoredWrite,
  WaitingWrite,
  WriteList,
  WriteReceipt,
} from '../types.js';
import { Receipt } from './receipt.js';

/** So many of the writes that ended last are listed. */
export const ENDED_LISTED_MAX = 64;

const NOTHING: WriteList = Object.freeze({
  waiting: Object.freeze([]),
  ended: Object.freeze([]),
});

/** What the engine says of a write that waits. */
type Told = StoredWrite & { readonly kept: boolean };

export class Writes {
  readonly changes = new Signal<void>();
  readonly #keeps: boolean;
  readonly #tell: () => void;
  #receipts = new Map<number, Receipt>();
  #ended: EndedWrite[] = [];
  #list: WriteList = NOTHING;
  /** Whether the list may be another one by now. */
  #isStale = false;
  #known = new Map<number, WaitingWrite>();

  /** `keeps`: a device is asked to keep each. `onThrow` hears what listeners throw. */
  constructor(keeps: boolean, onThrow: (thrown: unknown) => void) {
    this.#keeps = keeps;
    this.#tell = oncePerTurn(() => this.changes.emit(undefined, onThrow));
  }

  /** The receipt of a write that was just made; it may have ended already. */
  receipt(write: number): WriteReceipt {
    const receipt = new Receipt(write, this.#keeps);
    const end = this.#ended.findLast((ended) => ended.write === write);
    if (end) receipt.noteEnd(end);
    else this.#receipts.set(write, receipt);
    this.changed();
    return receipt;
  }

  noteStored(write: number): void {
    this.#receipts.get(write)?.noteStored(true);
    this.changed();
  }

  noteSettled(settled: SettledWrite): void {
    this.#receipts.get(settled.write)?.noteEnd(settled);
    this.#receipts.delete(settled.write);
    this.#ended.push(Object.freeze({ ...settled, at: Date.now() }));
    if (this.#ended.length > ENDED_LISTED_MAX) this.#ended.shift();
    this.changed();
  }

  /** The list may be another one. */
  changed(): void {
    this.#isStale = true;
    if (this.changes.isHeard) this.#tell();
  }

  /** The bridge has ended: what waits goes on without it, where a device has it. */
  end(): void {
    for (const receipt of this.#receipts.values()) {
      const message =
        'the bridge ended before the write did: the next one sends what the device has';
      receipt.noteEnd(new AimDbError('DISCONNECTED', message));
    }
    this.#receipts.clear();
    this.#known.clear();
    this.changed();
  }

  /** What waits, as `look` finds it, and what ended lately. */
  list(look: () => ReturnType<Engine['sessionWrites']>): WriteList {
    if (!this.#isStale) return this.#list;
    this.#isStale = false;
    const before = this.#known;
    this.#known = new Map();
    const waiting = (look() as Told[]).map((told) => this.#waiting(told, before.get(told.write)));
    const isSame = isAlike(waiting, this.#list.waiting) && isAlike(this.#ended, this.#list.ended);
    if (isSame) return this.#list;
    this.#list = Object.freeze({
      waiting: Object.freeze(waiting),
      ended: Object.freeze([...this.#ended]),
    });
    return this.#list;
  }

  #waiting(told: Told, before: WaitingWrite | undefined): WaitingWrite {
    const status = told.handedOver ? 'sending' : told.kept ? 'stored' : 'pending';
    let write = before;
    if (write?.status !== status) {
      const { write: number, topic, key, expiresAt } = told;
      const value = before ? before.value : parsed(told.payload);
      write = Object.freeze({
        write: number,
        topic,
        value,
        status,
        ...(key === undefined ? {} : { key }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      });
    }
    this.#known.set(told.write, write);
    return write;
  }
}

/** Whether two lists have the same objects. */
function isAlike(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((entry, at) => entry === other[at]);
}

/** The value of a write, frozen; of one that is no JSON, its text. */
export function parsed(payload: string): unknown {
  try {
    return deepFreeze(JSON.parse(payload) as unknown);
  } catch {
    return payload;
  }
}
