/** What a page sees of its writes on their way to a server: receipts, lists, dead letters. */
import type { AimDbErrorCode } from './codes.js';

/**
 * Where a write stands. `local`: no server is told. `pending`: this tab has it alone. `stored`: the device has it, and it outlives the
 * tab. `sending`: it may be on its way, or there, and waits for the answer. Then how it ended, as in `SettledWrite`.
 */
export type WriteStatus = 'local' | 'pending' | 'stored' | 'sending' | SettledWrite['outcome'];

/** How a write ended. */
export interface SettledWrite {
  /** Its number within the bridge. */
  readonly write: number;
  readonly topic: string;
  /** The record that was written, unless it was `bridge.write`. */
  readonly key?: string;
  /**
   * `sent`: handed to a server that never says what became of it. `dropped`: it never reached the server. `unknown`: it was
   * handed over, and nobody knows whether the server took it.
   */
  readonly outcome: 'acknowledged' | 'sent' | 'refused' | 'dropped' | 'unknown';
  /** The kind of a refusal, as the wire has it, e.g. `WRITE_ERROR`. */
  readonly code?: AimDbErrorCode;
  /** Why, as a stable code, e.g. `contract_violation`, `queue_full` or `unanswered`. */
  readonly reason?: string;
  /** Why, for a person. */
  readonly message?: string;
  /** How the value breaks its contract: a stable code, e.g. `range`. */
  readonly violation?: string;
  /** Where in the value; empty for the value as a whole. */
  readonly path?: string;
  /** What the contract asks for there. */
  readonly expected?: string;
  /** What came. */
  readonly got?: string;
  /** With which code the server closed the connection each time that the write was sent. */
  readonly closeCode?: number;
}

/** What becomes of one write. */
export interface WriteReceipt {
  /** Its number within the bridge; null where no server is told. */
  readonly write: number | null;
  readonly status: WriteStatus;
  /** Resolves to whether the write outlives the tab: `true` once the device has it, `false` where nothing keeps it. */
  readonly stored: Promise<boolean>;
  /**
   * Resolves once the server took it: to how it ended, or to null where no server is told. Rejects with a `WriteFailed` when it was refused or
   * dropped, or nobody knows; and with `DISCONNECTED` when the bridge ended before and the device goes on keeping it.
   */
  readonly acknowledged: Promise<SettledWrite | null>;
}

/** A write that has not ended. */
export interface WaitingWrite {
  /** Its number within the bridge. */
  readonly write: number;
  readonly topic: string;
  /** The record that was written, unless it was `bridge.write`. */
  readonly key?: string;
  readonly value: unknown;
  readonly status: 'pending' | 'stored' | 'sending';
  /** When it is worthless, in Unix milliseconds. */
  readonly expiresAt?: number;
}

/** A write that has ended. */
export interface EndedWrite extends SettledWrite {
  /** When, in Unix milliseconds. */
  readonly at: number;
}

/** The writes of a bridge. */
export interface WriteList {
  /** Those that have not ended, in order. */
  readonly waiting: readonly WaitingWrite[];
  /** The 64 that ended last, the oldest first. */
  readonly ended: readonly EndedWrite[];
}

/** A write that came to nothing, as a device keeps it: with all that is needed to try it again. */
export interface StoredLetter extends EndedWrite {
  /** The value as JSON text. */
  readonly payload: string;
  /** What was to become of it while it could not be sent, as the engine numbers that. */
  readonly offline: number;
  /** The version of its record's contract. */
  readonly version?: number;
}

/** A write that came to nothing. */
export interface DeadWrite extends StoredLetter {
  readonly value: unknown;
}
