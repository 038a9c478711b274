/**
 * A database that lives as long as somebody looks at it: made on the first subscription, freed after the last.
 *
 * It has the shape that `useSyncExternalStore` wants, so a provider needs no effect. Letting go is
 * put off by a microtask, because StrictMode subscribes, unsubscribes and subscribes again within
 * one turn and must not lose the database on the way.
 */
import init, {
  type AnyRecords,
  type BridgeOptions,
  type ContractFile,
  type RecordDefinitions,
  WasmDb,
  type WriteStorage,
  type WsBridge,
} from '@aimdb/wasm';

/** What an `AimDbProvider` makes by itself when it is given options instead of a database. */
export interface AimDbOptions<RECORDS extends RecordDefinitions = AnyRecords> {
  /** Contract files to register before, such as one that the server reads too. */
  contracts?: readonly object[];
  /** The records to configure, by key; their contracts are registered before. */
  records: RecordDefinitions & RECORDS;
  /** The server to mirror, if there is one. */
  bridge?: Omit<BridgeOptions, 'storage'> & {
    url: string;
    /**
     * What a device keeps: asked for each time that the database is made, since one bridge alone takes it, e.g.
     * `async () => (await openStorage()).forWrites()`.
     */
    storage?: () => Promise<WriteStorage>;
  };
}

/** What a provider knows at one moment; the same object until it changes. */
export interface SessionState {
  readonly db: WasmDb | null;
  readonly bridge: WsBridge | null;
  readonly error: unknown;
}

export const WAITING: SessionState = Object.freeze({ db: null, bridge: null, error: null });

export class Session {
  #ready = deferred();
  #options: AimDbOptions;
  #state: SessionState = WAITING;
  #listeners = new Set<() => void>();
  /** Counts the starts, so that an `init` that comes back late finds that it is not wanted. */
  #generation = 0;
  #running = false;

  constructor(options: AimDbOptions) {
    this.#options = options;
  }

  /** Settles when the database is there, or when it will not come. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  readonly getSnapshot = (): SessionState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (!this.#running) this.#start();
    return () => {
      this.#listeners.delete(listener);
      queueMicrotask(() => {
        if (this.#listeners.size === 0 && this.#running) this.#stop();
      });
    };
  };

  #start(): void {
    this.#running = true;
    const generation = ++this.#generation;
    Promise.all([this.#options.bridge?.storage?.(), init()])
      .then(([storage]) => {
        if (this.#isWanted(generation)) this.#become(open(this.#options, storage));
        else storage?.shared?.leave();
      })
      .catch((error: unknown) => {
        if (this.#isWanted(generation)) this.#become({ db: null, bridge: null, error });
      });
  }

  /** Whether anyone still waits for this start: it may be about to be let go in a microtask. */
  #isWanted(generation: number): boolean {
    return generation === this.#generation && this.#listeners.size > 0;
  }

  #stop(): void {
    this.#running = false;
    this.#generation++;
    const { db, bridge } = this.#state;
    this.#state = WAITING;
    this.#ready = deferred();
    bridge?.disconnect();
    db?.free();
  }

  #become(state: SessionState): void {
    this.#state = state;
    this.#ready.settle();
    for (const listener of [...this.#listeners]) listener();
  }
}

/** A promise and the way to settle it. */
function deferred(): { promise: Promise<void>; settle: () => void } {
  let settle!: () => void;
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

function open(
  { contracts = [], records, bridge: target }: AimDbOptions,
  storage: WriteStorage | undefined,
): SessionState {
  const db = new WasmDb();
  try {
    for (const contract of contracts) db.registerContract(contract as ContractFile);
    db.configureRecords(records);
    if (!target) return { db, bridge: null, error: null };
    const { url, storage: _, ...options } = target;
    const bridge = db.connectBridge(url, { ...options, ...(storage && { storage }) });
    return { db, bridge, error: null };
  } catch (error) {
    db.free();
    throw error;
  }
}
