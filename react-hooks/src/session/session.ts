/**
 * The database of one provider: made when the provider is mounted, changed as its options change, and let go of a while
 * after nobody looks at it any more.
 *
 * It has the shape that `useSyncExternalStore` wants. Guarantees: one thing at a time is done with the database; what comes back
 * late finds that it is not wanted; options that fail are tried again only when they change, or when somebody asks for it.
 */
import init, { AimDbError } from '@aimdb/wasm';
import { Database, needsAnotherDatabase, type SessionState } from './database.js';
import { isStillLeft, type Left, leave, mayBeLeft, seeLeft, takeLeft } from './left.js';
import { type AimDbOptions, checkOptions, isSameOptions } from './options.js';

/** So long a database outlives a provider that an Activity hides, unless that says otherwise: who looks away comes back. */
export const HIDDEN_MS = 300_000;
/** So long it outlives one that was unmounted: a route that is left and entered again at once. */
export const UNMOUNTED_MS = 5_000;
/** A provider that was rendered is mounted within this time, or waits for what only a mounted one would make. */
export const MOUNT_MS = 100;
/** The longest time that a timer of the platform takes: 24 days. */
export const KEEP_MS_MAX = 2 ** 31 - 1;

/** Where the engine is, as `init` takes it. */
export type EngineSource = Parameters<typeof init>[0];

/** What a provider says to its session. */
export interface Settings {
  readonly options: AimDbOptions;
  readonly wasm: EngineSource;
  readonly onError: ((error: AimDbError) => void) | undefined;
  readonly keepMs: number | undefined;
}

export const WAITING: SessionState = Object.freeze({ db: null, bridge: null, error: null });

/** How many sessions were mounted so far. */
let mounted = 0;

export class Session {
  #settings: Settings;
  /** What another provider has left, until this one is mounted; looked for when it is first rendered. */
  #left: Left | null | undefined;
  #state: SessionState = WAITING;
  #database: Database | null = null;
  /** The options that the database has followed without an error. */
  #followed: AimDbOptions | null = null;
  #ready = deferred();
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The options are not those of the database, or there is none. */
  #isStale = true;
  #isDriving = false;
  #isUnmounted = false;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Settles when the database is there, or when it will not come. */
  readonly ready = (): Promise<void> => {
    // React forgets what it renders below a boundary that waits: where that stands above the provider, none is ever mounted.
    if (this.#listeners.size === 0 && !this.#timer) {
      const before = mounted;
      this.#timer = setTimeout(() => {
        if (mounted === before) void this.#makeAhead();
      }, MOUNT_MS);
    }
    return this.#ready.promise;
  };

  readonly getSnapshot = (): SessionState => {
    if (this.#left === undefined) this.#left = seeLeft(this.#settings.options);
    return this.#left && isStillLeft(this.#left) ? this.#left.database.state : this.#state;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#isUnmounted = false;
    clearTimeout(this.#timer);
    if (!this.#database) this.#begin();
    // Options that came while an Activity hid the provider.
    else if (this.#isStale) this.#drive();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#rest();
    };
  };

  /** Takes what the provider was rendered with. */
  update(settings: Settings): void {
    const before = this.#settings;
    this.#settings = settings;
    const { options } = settings;
    this.#database?.tell(this.#teller);
    if (before.options === options) return;
    // The functions and schemas of the new ones count, even if nothing else has changed; but what failed would fail again.
    this.#isStale ||= this.#state.error === null || !isSameOptions(before.options, options);
    if (this.#isStale && this.#listeners.size > 0) this.#drive();
  }

  /** Tries again what failed. */
  readonly retry = (): void => {
    if (this.#state.error === null) return;
    this.#isStale = true;
    this.#ready = deferred();
    this.#become(this.#database?.state ?? WAITING);
    if (this.#listeners.size > 0) this.#drive();
  };

  /** The provider is unmounted for good: whoever asks for the same may take the database over for a while. */
  readonly unmount = (): void => {
    const { keepMs = UNMOUNTED_MS } = this.#settings;
    const database = this.#database;
    // Not those that failed: who comes back has mended them.
    const options = this.#followed;
    this.#isUnmounted = true;
    clearTimeout(this.#timer);
    const isDone = !this.#isStale && !this.#isDriving;
    if (database && options && keepMs > 0 && isDone && mayBeLeft(options)) {
      leave(database, options, keepMs);
      this.#database = null;
      this.#forget();
    } else {
      // What is kept no longer goes when the last one below the provider has left, which comes after this.
      this.#rest();
    }
  };

  /** Tells of an error that is nobody's own. */
  readonly report = (error: AimDbError): void => {
    const { onError } = this.#settings;
    try {
      if (onError) onError(error);
      else console.warn(`aimdb: ${error.code}: ${error.message}`);
    } catch (thrown) {
      // As of any listener: the platform hears of it, and nothing else stops.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  };

  /**
   * Tells that there is no record of a key: true once it is told. While the server is not connected, the record may be one
   * that it has.
   */
  readonly tellUnknown = (error: AimDbError): boolean => {
    const { bridge } = this.#state;
    if (bridge && bridge.status() !== 'connected') return false;
    this.report(error);
    return true;
  };

  #begin(): void {
    mounted += 1;
    const database = this.#left ? takeLeft(this.#left) : null;
    if (database) {
      this.#database = database;
      this.#followed = this.#settings.options;
      database.tell(this.#teller);
      this.#become(database.state);
    }
    this.#left = null;
    this.#isStale = true;
    this.#drive();
  }

  /** Nobody looks, for now or for good. */
  #rest(): void {
    const keepMs = this.#isUnmounted ? 0 : (this.#settings.keepMs ?? HIDDEN_MS);
    const end = () => {
      if (this.#listeners.size === 0) this.#stop();
    };
    // Not at once even then: StrictMode looks away and back within one turn.
    if (keepMs === 0) queueMicrotask(end);
    else if (keepMs !== Number.POSITIVE_INFINITY) this.#timer = setTimeout(end, keepMs);
  }

  #stop(): void {
    this.#database?.close();
    this.#database = null;
    this.#forget();
  }

  #forget(): void {
    this.#isStale = true;
    this.#followed = null;
    this.#state = WAITING;
    this.#ready = deferred();
  }

  #drive(): void {
    if (this.#isDriving) return;
    this.#isDriving = true;
    void this.#run();
  }

  /** Never rejects. Until it waits for something it is done at once, so that who is rendered next sees it. */
  async #run(): Promise<void> {
    while (this.#isStale && this.#listeners.size > 0) {
      this.#isStale = false;
      const { options } = this.#settings;
      try {
        checkOptions(options);
        const waiting = this.#database
          ? this.#change(this.#database, options)
          : this.#make(options);
        if (waiting) await waiting;
        // Where nobody looks any more, there may be none.
        if (!this.#database) continue;
        this.#followed = options;
        this.#become(this.#database.state);
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#isDriving = false;
  }

  async #make(options: AimDbOptions): Promise<void> {
    const [storage] = await Promise.all([options.bridge?.storage?.(), init(this.#settings.wasm)]);
    if (this.#listeners.size === 0) {
      this.#isStale = true;
      return storage?.shared?.leave();
    }
    this.#database = new Database(options);
    this.#database.tell(this.#teller);
    this.#database.connect(options.bridge, storage);
  }

  /** Makes a database for the provider that will be rendered next, which takes it as one that was left. */
  async #makeAhead(): Promise<void> {
    mounted += 1;
    const { options, wasm } = this.#settings;
    try {
      checkOptions(options);
      if (!mayBeLeft(options)) throw boundaryAbove();
      await init(wasm);
      const database = new Database(options);
      database.tell(this.#teller);
      database.connect(options.bridge, undefined);
      leave(database, options, HIDDEN_MS);
      this.#ready.settle();
    } catch (failure) {
      // Without a provider there is no place to show it.
      this.report(asError(failure));
    }
  }

  #change(database: Database, options: AimDbOptions): Promise<void> | undefined {
    try {
      return database.update(options);
    } catch (error) {
      if (!needsAnotherDatabase(error)) throw error;
      return this.#makeAnew(database, options);
    }
  }

  /** Another database in the place of this one, with what it has of its own. */
  async #makeAnew(before: Database, options: AimDbOptions): Promise<void> {
    const values = before.localValues();
    const now = new Database(options);
    now.tell(this.#teller);
    now.restore(values);
    before.close();
    this.#database = now;
    await now.update(options);
  }

  /** Who hears of the errors of the database. */
  get #teller(): ((error: AimDbError) => void) | undefined {
    return this.#settings.onError && this.report;
  }

  #fail(error: unknown): void {
    // A database without its bridge is not what was asked for, but what is in it stays for the next try.
    if (this.#settings.onError) this.report(asError(error));
    this.#become({ ...(this.#database?.state ?? WAITING), error });
  }

  #become(state: SessionState): void {
    if (this.#state === state) return;
    this.#state = state;
    if (state.db || state.error !== null) this.#ready.settle();
    for (const listener of [...this.#listeners]) listener();
  }
}

function boundaryAbove(): AimDbError {
  const message =
    'a component waits for a provider that is not mounted: put the <Suspense> below the <AimDbProvider>';
  return new AimDbError('NOT_READY', message);
}

function asError(failure: unknown): AimDbError {
  if (failure instanceof AimDbError) return failure;
  const message = `the database could not be made: ${wordsOf(failure)}`;
  return new AimDbError('INIT_FAILED', message, { cause: failure });
}

function wordsOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A promise and the way to settle it. */
function deferred(): { promise: Promise<void>; settle: () => void } {
  let settle!: () => void;
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}
