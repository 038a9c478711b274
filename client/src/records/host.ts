/**
 * What the engine calls: `changed` and `slots` in the middle of its work, the others when that is done.
 *
 * Guarantees: nothing here throws; what sockets and timers report while one of them is being called is put off, so that
 * the machine hears of it after what it wanted done.
 */
import type { Socket } from '../bridge/socket.js';
import type { SettledWrite, StoredWrite, WriteReceipt } from '../types.js';

/** A frame as it was sent: nothing of it is checked yet. */
export type Frame = Readonly<Record<string, unknown>>;

/** What the engine's calls need of the database. */
export interface HostedDb {
  /** By the engine's number. */
  readonly views: {
    readonly [record: number]: { writeSlots(payload: object): boolean } | undefined;
  };
  /** Somebody is to be told of changes in a microtask. */
  flushSoon(): void;
}

/** A write that came to nothing, with what it was. */
export type DeadEvent = { type: 'settled' | 'unstore'; dead: true } & StoredWrite & SettledWrite;

/** A write has ended, for those who wait for it, or for the device. */
export type EndEvent =
  | ({ type: 'settled' | 'unstore'; dead?: undefined } & SettledWrite)
  | DeadEvent;

/** What the engine says of a session. */
export type SessionEvent =
  | { type: 'status'; status: string }
  | EndEvent
  | ({ type: 'store' } & StoredWrite)
  | { type: 'stored'; write: number; topic: string }
  | { type: 'lag'; topic: string; missed: number; record?: number }
  | { type: 'fresh'; record: number }
  | { type: 'gone'; topic: string; record?: number }
  | { type: 'answer'; request: number; error?: unknown }
  | { type: 'error'; error: unknown };

/** A session's socket, and who hears of its events. */
export interface Line {
  readonly socket: Socket;
  take(event: SessionEvent): void;
  /** The receipt of a write that was just made. */
  receipt(write: number): WriteReceipt;
  /** A frame went out: a write may be on its way. */
  sent(): void;
  /** The state of its connection; each has a number of its own. */
  link(): { isConnected: boolean; connection: number; offlineSince: number };
}

export class Host {
  /** By the session's number, which the engine uses again after a session ended. */
  readonly lines = new Map<number, Line>();
  /** Whether a socket is being called: what it reports meanwhile comes after that. */
  isBusy = false;
  /** The frame that the engine is taking. */
  frame: Frame | null | undefined = null;
  #db: HostedDb;

  constructor(db: HostedDb) {
    this.#db = db;
  }

  changed(): void {
    this.#db.flushSoon();
  }

  open(session: number): void {
    this.#busy(() => this.lines.get(session)?.socket.open());
  }

  close(session: number, code: number, reason: string): void {
    this.#busy(() => this.lines.get(session)?.socket.close(code, reason));
  }

  send(session: number, text: string): void {
    const line = this.lines.get(session);
    this.#busy(() => line?.socket.send(text));
    line?.sent();
  }

  wakeAt(session: number, atMs: number): void {
    this.lines.get(session)?.socket.wakeAt(atMs);
  }

  slots(record: number, payload: unknown): boolean {
    const view = this.#db.views[record];
    if (view === undefined || typeof payload !== 'object' || payload === null) return false;
    return view.writeSlots(payload);
  }

  event(session: number, event: SessionEvent): void {
    this.lines.get(session)?.take(event);
  }

  /** Sockets are the platform's or the application's: one may report something at once. */
  #busy(work: () => void): void {
    this.isBusy = true;
    try {
      work();
    } finally {
      this.isBusy = false;
    }
  }
}
