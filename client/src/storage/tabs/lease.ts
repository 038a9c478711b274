/**
 * Which tab sends, where the browser has no locks, as on `http://192.168...`: the one whose lease in the database is not over.
 *
 * Guarantees: a tab that is gone or frozen is followed by another within a second, or three where it was hidden, whose timers come
 * once a second. Does not: fence; the epoch does.
 */
import type { Candidate, Election } from './election.js';

/** How often a lease is renewed, or looked at. */
const LOOK_MS = 200;
/** How long it holds from then on; of a hidden tab longer. */
const HOLD_MS = 600;
const HOLD_HIDDEN_MS = 2_500;
/** One that is to hold for longer than this is from before the clock was set back. */
export const HOLD_MS_MAX = 2 * HOLD_HIDDEN_MS;

/** Takes or renews the lease of a tab, and gives whether that has it; with `isForced` also where another's is not over. */
export type TakeLease = (untilMs: number, isForced: boolean) => Promise<boolean>;

export class LeaseElection implements Election {
  readonly #take: TakeLease;
  readonly #candidate: Candidate;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isForced = false;
  #leads = false;
  #isOver = false;

  constructor(take: TakeLease, candidate: Candidate) {
    this.#take = take;
    this.#candidate = candidate;
    void this.#look();
  }

  takeAway(): void {
    this.#isForced = true;
    this.again();
  }

  again(): void {
    // The next look finds that it has the lease, if it has, and begins.
    this.#leads = false;
  }

  leave(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    // Who comes next need not wait for its end.
    if (this.#leads) this.#take(0, false).catch(() => {});
  }

  async #look(): Promise<void> {
    const isForced = this.#isForced;
    this.#isForced = false;
    try {
      const isHidden = globalThis.document?.visibilityState === 'hidden';
      const hold = isHidden ? HOLD_HIDDEN_MS : HOLD_MS;
      const has = await this.#take(Date.now() + hold, isForced);
      if (this.#isOver) return;
      if (has && !this.#leads) await this.#candidate.won();
      if (!has && this.#leads) this.#candidate.lost();
      this.#leads = has;
    } catch {
      // The storage says why, to whoever writes next; here it is tried again.
      if (this.#leads) this.#candidate.lost();
      this.#leads = false;
    }
    if (!this.#isOver) this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
  }
}
