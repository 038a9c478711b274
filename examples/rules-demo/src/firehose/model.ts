/** The firehose: one frame of the feed for each frame of the screen, into the engine that was chosen. */
import { type EngineName, Run } from './run.js';
import type { Figures } from './meter.js';

/** The figures are shown anew after so many frames: text that changes sixty times a second is not read. */
const FRAMES_BETWEEN_FIGURES = 20;
const SHARE_AT_FIRST = 0.01;

/** What an engine did, at the share of its last frames. */
export interface EngineReport {
  readonly share: number;
  readonly figures: Figures;
}

/** What the page shows; a new object when any of it changed. */
export interface FirehoseView {
  readonly run: Run;
  readonly engine: EngineName;
  readonly share: number;
  readonly isRunning: boolean;
  /** Null for an engine that has done nothing yet. */
  readonly reports: { readonly [ENGINE in EngineName]: EngineReport | null };
}

export class FirehoseModel {
  /** Made when first chosen, and kept, so that both can be compared. */
  readonly #runs = new Map<EngineName, Run>();
  readonly #viewers = new Set<() => void>();
  readonly #painters = new Set<() => void>();
  #engine: EngineName = 'wasm';
  #share = SHARE_AT_FIRST;
  /** The frame that was asked for, while it runs. */
  #request: number | undefined;
  #framesToFigures = FRAMES_BETWEEN_FIGURES;
  #view: FirehoseView = this.#look();

  /** Hears of a new view. */
  readonly subscribe = (viewer: () => void): (() => void) => {
    this.#viewers.add(viewer);
    return () => this.#viewers.delete(viewer);
  };

  readonly getView = (): FirehoseView => this.#view;

  /** Hears of every frame, and of another engine. */
  onFrame(painter: () => void): () => void {
    this.#painters.add(painter);
    return () => this.#painters.delete(painter);
  }

  /** Starts or pauses the feed. */
  toggle(): void {
    if (this.#request === undefined) {
      this.#run.begin(this.#share);
      this.#ask();
    } else this.#stop();
    this.#show();
  }

  /** How much of the field changes in a frame, from 0 to 1. */
  setShare(share: number): void {
    this.#share = share;
    this.#run.begin(share);
    this.#show();
  }

  choose(engine: EngineName): void {
    this.#engine = engine;
    this.#run.begin(this.#share);
    this.#show();
    this.#paint();
  }

  dispose(): void {
    this.#stop();
    for (const run of this.#runs.values()) run.dispose();
    this.#runs.clear();
  }

  get #run(): Run {
    const run = this.#runs.get(this.#engine) ?? new Run(this.#engine);
    this.#runs.set(this.#engine, run);
    return run;
  }

  #ask(): void {
    this.#request = requestAnimationFrame(() => this.#frame());
  }

  #stop(): void {
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#request = undefined;
  }

  #frame(): void {
    this.#ask();
    this.#run.step();
    this.#paint();
    this.#framesToFigures -= 1;
    if (this.#framesToFigures === 0) this.#show();
  }

  #paint(): void {
    for (const painter of [...this.#painters]) painter();
  }

  #show(): void {
    this.#framesToFigures = FRAMES_BETWEEN_FIGURES;
    this.#view = this.#look();
    for (const viewer of [...this.#viewers]) viewer();
  }

  #look(): FirehoseView {
    return {
      run: this.#run,
      engine: this.#engine,
      share: this.#share,
      isRunning: this.#request !== undefined,
      reports: { wasm: this.#reportOf('wasm'), twin: this.#reportOf('twin') },
    };
  }

  #reportOf(engine: EngineName): EngineReport | null {
    const run = this.#runs.get(engine);
    return run ? { share: run.share, figures: run.meter.read() } : null;
  }
}
