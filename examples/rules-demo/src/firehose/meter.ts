/**
 * What the feed costs: totals since the last reset, and times of the last frames.
 *
 * The browser's clock has steps (0.1 ms in Chromium unless the page is isolated), so one frame's time is coarse. An
 * average over many frames is finer than a step, since frames begin anywhere between two steps.
 */

/** Times and rates are those of so many frames. */
export const WINDOW_FRAMES = 120;

/** One frame. Times in milliseconds. */
export interface Frame {
  /** When it began. */
  readonly atMs: number;
  /** In `ingestNumbers`: diff, rules, and telling subscribers. React renders later. */
  readonly ingestMs: number;
  /** Reading the settled state for the map. */
  readonly readMs: number;
  readonly offered: number;
  readonly kept: number;
}

/** Exact totals, and times and rates of the last frames; null while there are too few. */
export interface Figures {
  readonly frames: number;
  readonly offered: number;
  readonly kept: number;
  readonly renders: number;
  readonly pace: Pace | null;
}

export interface Pace {
  readonly ingestMs: number;
  /** Of 100 frames 95 take no longer. */
  readonly ingestMsP95: number;
  readonly readMs: number;
  readonly framesPerSecond: number;
  readonly offeredPerSecond: number;
  readonly keptPerSecond: number;
  readonly rendersPerSecond: number;
}

interface Sample extends Frame {
  /** Renders so far when the frame began. */
  readonly rendersBefore: number;
}

export class Meter {
  #samples: Sample[] = [];
  #frames = 0;
  #offered = 0;
  #kept = 0;
  #renders = 0;

  /** Begins anew. */
  reset(): void {
    this.#samples = [];
    this.#frames = this.#offered = this.#kept = this.#renders = 0;
  }

  /** The frames that follow come after a pause, which is no part of any rate. */
  resume(): void {
    this.#samples = [];
  }

  add(frame: Frame): void {
    // Cells that were rendered before there was a frame are no cost of the feed.
    if (this.#frames === 0) this.#renders = 0;
    this.#samples.push({ ...frame, rendersBefore: this.#renders });
    if (this.#samples.length > WINDOW_FRAMES) this.#samples.shift();
    this.#frames += 1;
    this.#offered += frame.offered;
    this.#kept += frame.kept;
  }

  /** One of the watched cells was rendered. */
  countRender(): void {
    this.#renders += 1;
  }

  read(): Figures {
    return {
      frames: this.#frames,
      offered: this.#offered,
      kept: this.#kept,
      renders: this.#renders,
      pace: paceOf(this.#samples),
    };
  }
}

function paceOf(samples: readonly Sample[]): Pace | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.atMs <= first.atMs) return null;
  // From the first frame's begin to the last one's: what the last frame did comes after.
  const done = samples.slice(0, -1);
  const seconds = (last.atMs - first.atMs) / 1000;
  const times = samples.map(({ ingestMs }) => ingestMs);
  return {
    ingestMs: sum(times) / times.length,
    ingestMsP95: percentile(times, 0.95),
    readMs: sum(samples.map(({ readMs }) => readMs)) / samples.length,
    framesPerSecond: done.length / seconds,
    offeredPerSecond: sum(done.map(({ offered }) => offered)) / seconds,
    keptPerSecond: sum(done.map(({ kept }) => kept)) / seconds,
    rendersPerSecond: (last.rendersBefore - first.rendersBefore) / seconds,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((left, right) => left - right);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
}
