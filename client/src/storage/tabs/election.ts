/**
 * Which tab sends, where the browser has locks: the one that holds the lock of the device.
 *
 * Guarantees: a tab that ends or crashes leaves the lock to the next at once; one that is frozen keeps it, and loses it to who takes
 * it away. Does not: fence; two tabs may believe for a moment that they send, and the epoch says which of them does.
 */

/** A tab that would send. */
export interface Candidate {
  /** It may send; settles when it does, or rejects if it cannot. */
  won(): Promise<void>;
  /** Another tab does. */
  lost(): void;
}

/** What a tab may do about who sends. */
export interface Election {
  /** Takes over from a tab that does not answer. */
  takeAway(): void;
  /** The tab does not send, though nobody took that away from it: lets go, and stands for it anew. */
  again(): void;
  leave(): void;
}

/** Before a tab that could not begin tries again. */
const AGAIN_MS = 1_000;

export class LockElection implements Election {
  readonly #locks: LockManager;
  readonly #name: string;
  readonly #candidate: Candidate;
  #waiting = new AbortController();
  #release: (() => void) | null = null;
  #isBeginning = false;
  #isOver = false;

  constructor(locks: LockManager, name: string, candidate: Candidate) {
    this.#locks = locks;
    this.#name = name;
    this.#candidate = candidate;
    this.#request({ signal: this.#waiting.signal });
  }

  takeAway(): void {
    if (this.#isOver || this.#isBeginning) return;
    if (this.#release) {
      this.again();
      return;
    }
    this.#waiting.abort();
    this.#request({ steal: true });
  }

  again(): void {
    const release = this.#release;
    if (this.#isOver || release === null) return;
    this.#release = null;
    release();
    this.#waitAgain();
  }

  leave(): void {
    this.#isOver = true;
    this.#waiting.abort();
    this.#release?.();
  }

  #request(options: LockOptions): void {
    let isHeld = false;
    this.#locks
      .request(this.#name, options, () => {
        isHeld = true;
        return this.#hold();
      })
      .catch(() => {
        // Aborted while it waited, or taken away while it was held.
        if (!isHeld || this.#isOver) return;
        this.#release = null;
        this.#candidate.lost();
        this.#waitAgain();
      });
  }

  #waitAgain(): void {
    this.#waiting = new AbortController();
    this.#request({ signal: this.#waiting.signal });
  }

  /** As long as its promise waits the lock is held. */
  async #hold(): Promise<void> {
    if (this.#isOver) return;
    const released = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    this.#isBeginning = true;
    try {
      await this.#candidate.won();
    } catch {
      // The storage says why, to whoever writes next.
      this.#release = null;
      setTimeout(() => this.#isOver || this.#waitAgain(), AGAIN_MS);
      return;
    } finally {
      this.#isBeginning = false;
    }
    await released;
  }
}
