/**
 * The WebSocket, the timer and the system's news of one session.
 *
 * Guarantees: at most one socket at a time, and nothing is heard of an earlier one; nothing throws.
 * Does not: decide when to connect; the session in the engine does.
 */
import type { Engine } from '../../wasm/engine.js';
import { soon } from '../turn.js';
import type { WebSocketConstructor } from '../types.js';

/** Calls the engine for the session, later if it is at work, never if it has ended. */
export type Drive = (input: (engine: Engine, session: number) => void) => void;

/** The code of an orderly end. */
const CLOSE_NORMAL = 1000;

export class Socket {
  /** When the session wants to be woken, in Unix milliseconds; null when it does not wait. */
  wakesAt: number | null = null;
  #url: string;
  #make: WebSocketConstructor;
  #drive: Drive;
  #onFrame: (data: unknown) => void;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopNews: () => void;

  constructor(
    url: string,
    make: WebSocketConstructor,
    drive: Drive,
    onFrame: (data: unknown) => void,
  ) {
    this.#url = url;
    this.#make = make;
    this.#drive = drive;
    this.#onFrame = onFrame;
    this.#stopNews = hearNews(drive);
  }

  /** Whether a connection is open or being opened. */
  get isInUse(): boolean {
    return this.#socket !== null;
  }

  open(): void {
    let socket: WebSocket;
    try {
      socket = new this.#make(this.#url);
      if (typeof socket.addEventListener !== 'function') throw new TypeError('no events');
    } catch {
      // E.g. a page on https that may not open ws, or a class that tells nothing: it counts as a connection that failed.
      soon(() => this.#drive((engine, session) => engine.sessionFailed(session)));
      return;
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    let isOpen = false;
    /** Listens as long as it is the session's socket. */
    const on = (type: string, listener: (event: MessageEvent & CloseEvent) => void) =>
      socket.addEventListener(type, (event) => {
        if (this.#socket === socket) listener(event as MessageEvent & CloseEvent);
      });
    const fail = () => {
      this.#socket = null;
      this.#drive((engine, session) => engine.sessionFailed(session));
    };
    on('open', () => {
      isOpen = true;
      this.#drive((engine, session) => engine.sessionOpened(session));
    });
    on('message', ({ data }) => this.#onFrame(data));
    on('error', () => {
      // After the opening a `close` follows, which knows more.
      if (!isOpen) fail();
    });
    on('close', ({ code, reason }) => {
      if (!isOpen) return fail();
      this.#socket = null;
      this.#drive((engine, session) => engine.sessionClosed(session, code, reason));
    });
  }

  close(code: number, reason: string): void {
    const socket = this.#socket;
    this.#socket = null;
    // Browsers let a page use only the codes of its own.
    const allowed = code >= 3000 && code <= 4999 ? code : CLOSE_NORMAL;
    attempt(() => socket?.close(allowed, reason));
  }

  send(text: string): void {
    // A socket that is just closing throws; its `close` tells the session.
    attempt(() => this.#socket?.send(text));
  }

  /** Wakes the session at a time of `performance.now`, instead of at the earlier one. */
  wakeAt(atMs: number): void {
    clearTimeout(this.#timer);
    const restMs = atMs - performance.now();
    this.wakesAt = Math.round(Date.now() + restMs);
    this.#timer = setTimeout(
      () => {
        // Some timers come a little early, and the session would not take it for its deadline.
        if (performance.now() < atMs) return this.wakeAt(atMs);
        this.wakesAt = null;
        this.#drive((engine, session) => engine.sessionTimer(session));
      },
      Math.max(0, Math.ceil(restMs)),
    );
  }

  /** Lets go of everything. */
  end(): void {
    clearTimeout(this.#timer);
    this.wakesAt = null;
    this.#stopNews();
    this.close(CLOSE_NORMAL, '');
  }
}

/** Hears that the network is back or gone, and that the page is in front again, where that exists. */
function hearNews(drive: Drive): () => void {
  const scope: Partial<EventTarget> = globalThis;
  const page = typeof document === 'undefined' ? undefined : document;
  const online = () => drive((engine, session) => engine.sessionNetwork(session, true));
  const offline = () => drive((engine, session) => engine.sessionNetwork(session, false));
  const visible = () => {
    if (page?.visibilityState === 'visible') {
      drive((engine, session) => engine.sessionVisible(session));
    }
  };
  scope.addEventListener?.('online', online);
  scope.addEventListener?.('offline', offline);
  page?.addEventListener('visibilitychange', visible);
  return () => {
    scope.removeEventListener?.('online', online);
    scope.removeEventListener?.('offline', offline);
    page?.removeEventListener('visibilitychange', visible);
  };
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // What it is about is gone already.
  }
}
