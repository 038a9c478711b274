/**
 * What the engine calls, in the middle of its work.
 *
 * Guarantees: nothing here throws or calls the engine; whatever reaches an application or the
 * engine again is put off.
 */
import type { Core } from './core.js';
import type { Frame } from './frames.js';
import type { Socket } from './socket.js';

/** What the engine says of a session. */
export type SessionEvent =
  | { type: 'status'; status: string }
  | {
      type: 'settled';
      write: number;
      topic: string;
      key?: string;
      outcome: 'acknowledged' | 'sent' | 'refused' | 'dropped';
      code?: string;
      reason?: string;
      message?: string;
    }
  | { type: 'lag'; topic: string; missed: number; record?: number }
  | { type: 'gone'; topic: string; record?: number }
  | { type: 'answer'; request: number; error?: unknown }
  | { type: 'error'; error: unknown };

/** A session's socket, and who hears of its events. */
export interface Line {
  readonly socket: Socket;
  take(event: SessionEvent): void;
}

export class Host {
  /** By the session's number, which the engine uses again after a session ended. */
  readonly lines = new Map<number, Line>();
  /** Whether the engine is at work and must not be called. */
  isBusy = false;
  /** The frame that the engine is taking. */
  frame: Frame | null | undefined = null;
  #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  changed(): void {
    this.#core.flushSoon();
  }

  open(session: number): void {
    this.#busy(() => this.lines.get(session)?.socket.open());
  }

  close(session: number, code: number, reason: string): void {
    this.#busy(() => this.lines.get(session)?.socket.close(code, reason));
  }

  send(session: number, text: string): void {
    this.#busy(() => this.lines.get(session)?.socket.send(text));
  }

  wakeAt(session: number, atMs: number): void {
    this.lines.get(session)?.socket.wakeAt(atMs);
  }

  slots(record: number): boolean {
    const view = this.#core.views[record];
    const payload = this.frame?.payload;
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
