/** The database of a tab: records under keys, each with a contract and a buffer. */
import { RecordOptions as EngineRecordOptions } from '../wasm/engine.js';
import { WsBridge } from './bridge.js';
import { CORE, Core } from './core.js';
import { AimDbError, badOption, calling } from './errors.js';
import { needOptions, recordPlan } from './options.js';
import type {
  BridgeOptions,
  HandleOf,
  QueryOptions,
  QueryResult,
  RecordInput,
  RecordInspection,
  RecordKey,
  RecordOptions,
  RecordValue,
  SchemaDescription,
  SubscribeOptions,
  TopicInfo,
  Unsubscribe,
  ValueCallback,
} from './types.js';
import { View } from './view.js';

/** The engine's numbers of buffers that are no rings. */
const LATEST = 0;
const MAILBOX = -1;

export interface WasmDbOptions {
  /** Hears of what callbacks throw, and of the errors of bridges that nobody listens to. */
  readonly onError?: (error: AimDbError) => void;
}

export class WasmDb {
  /** @internal */
  readonly [CORE]: Core;

  /** Needs `await init()` before. */
  constructor(options: WasmDbOptions = {}) {
    needOptions(options, ['onError'], 'WasmDb');
    this[CORE] = new Core();
    if (options.onError !== undefined) this.onError(options.onError);
  }

  /** Adds a record. It can be used at once. */
  configureRecord(key: RecordKey, options: RecordOptions): void {
    const core = this[CORE];
    const engine = core.open();
    const plan = recordPlan(key, options);
    const capacity =
      plan.buffer === 'SpmcRing' ? plan.capacity : plan.buffer === 'Mailbox' ? MAILBOX : LATEST;
    const id = calling(() =>
      engine.configure(
        key,
        plan.schema,
        capacity,
        new EngineRecordOptions(plan.topic, plan.offline, plan.refuseUnknown),
      ),
    );
    const schema = core.schema(plan.schema);
    const flat = schema?.flat ?? null;
    // The fast path does not look at fields that it does not know.
    const ignoresUnknown = !plan.refuseUnknown && schema?.description.unknownFields !== 'refuse';
    const view = new View(
      core,
      key,
      id,
      { kind: plan.buffer, capacity: plan.capacity },
      { read: flat, write: ignoresUnknown ? flat : null },
    );
    core.views[id] = view;
    core.viewsByKey.set(key, view);
    core.refreshSoon();
  }

  /** Writes a value, or throws a `ContractViolation`. A mirrored record's goes to the server too. */
  set<K extends RecordKey>(key: K, value: RecordInput<K>): void {
    this.#view(key).set(value);
  }

  /** The newest value, frozen and the same object until the record changes; null while there is none. */
  get<K extends RecordKey>(key: K): RecordValue<K> | null {
    return this.#view(key).get() as RecordValue<K> | null;
  }

  /** The newest values of a ring, oldest first; at most one of any other record. */
  history<K extends RecordKey>(key: K, length?: number): readonly RecordValue<K>[] {
    return this.#view(key).history(length) as readonly RecordValue<K>[];
  }

  /** How many values were ever written to the record. */
  version(key: RecordKey): number {
    return this.#view(key).version;
  }

  /**
   * Calls back in a microtask: with the current value if there is one, then with each new one. Of a
   * ring, only with what is pushed from now on; of a mailbox, with what no other subscriber got.
   */
  subscribe<K extends RecordKey>(
    key: K,
    callback: ValueCallback<RecordValue<K>>,
    options?: SubscribeOptions,
  ): Unsubscribe {
    return this.#view(key).subscribe(callback as ValueCallback<unknown>, options);
  }

  /** The record, looked up once: the quickest way to read and write it. */
  record<K extends RecordKey>(key: K): HandleOf<K> {
    this[CORE].open();
    return this.#view(key) as HandleOf<K>;
  }

  /** What a record is and what it has seen so far, for tools; a snapshot that does not change. */
  inspect(key: RecordKey): RecordInspection {
    const engine = this[CORE].open();
    return Object.freeze(engine.inspect(this.#view(key).id) as RecordInspection);
  }

  /** The keys of all records, in the order in which they were configured. */
  keys(): string[] {
    this[CORE].open();
    return [...this[CORE].viewsByKey.keys()];
  }

  /** The names of the contracts, in order. */
  knownSchemas(): string[] {
    return this[CORE].open().knownSchemas();
  }

  /** A contract's description; null if there is none of that name. */
  schema(name: string): SchemaDescription | null {
    this[CORE].open();
    if (typeof name !== 'string') throw badOption('the name of a contract is a text');
    return this[CORE].schema(name)?.description ?? null;
  }

  /** Nothing is left to build: records can be used as soon as they are configured. */
  async build(): Promise<void> {
    this[CORE].open();
  }

  isBuilt(): boolean {
    this[CORE].open();
    return true;
  }

  onError(callback: (error: AimDbError) => void): Unsubscribe {
    this[CORE].open();
    if (typeof callback !== 'function') {
      throw new AimDbError('CALLBACK_INVALID', 'a callback is a function');
    }
    return this[CORE].errors.listen(callback);
  }

  /** The same as `WsBridge.connect`. */
  connectBridge(url: string | URL, options?: BridgeOptions): WsBridge {
    return WsBridge.connect(this, url, options);
  }

  /** Asks a server which topics it has, over a connection of its own. */
  static async discover(url: string | URL, options: BridgeOptions = {}): Promise<TopicInfo[]> {
    const db = new WasmDb();
    try {
      const bridge = db.connectBridge(url, { autoReconnect: false, ...options });
      let reason: AimDbError | undefined;
      bridge.onError((error) => {
        reason ??= error;
      });
      // A question waits for a connection; here none will come.
      bridge.onStatusChange((status) => status === 'disconnected' && bridge.disconnect());
      return await bridge.listTopics().catch((error) => {
        throw reason ?? error;
      });
    } finally {
      db.free();
    }
  }

  async discover(url: string | URL, options?: BridgeOptions): Promise<TopicInfo[]> {
    this[CORE].open();
    return await WasmDb.discover(url, options);
  }

  /** `listTopics` of the first bridge. */
  async listTopics(): Promise<TopicInfo[]> {
    return await this.#bridge().listTopics();
  }

  /** `query` of the first bridge. */
  async query(pattern: string, options?: QueryOptions): Promise<QueryResult> {
    return await this.#bridge().query(pattern, options);
  }

  /** Ends bridges and subscriptions and lets go of the memory; every later call throws `FREED`. */
  free(): void {
    this[CORE].free();
  }

  [Symbol.dispose](): void {
    this.free();
  }

  #view(key: string): View {
    const core = this[CORE];
    const view = core.viewsByKey.get(key);
    if (view === undefined) {
      core.open();
      throw new AimDbError('UNKNOWN_RECORD', `there is no record '${key}': configure it first`, {
        record: key,
      });
    }
    return view;
  }

  #bridge(): WsBridge {
    this[CORE].open();
    const [bridge] = this[CORE].bridges as Set<WsBridge>;
    if (!bridge) throw new AimDbError('NO_BRIDGE', 'no server is connected: `connectBridge` first');
    return bridge;
  }
}
