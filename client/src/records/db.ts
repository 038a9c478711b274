/** The database of a tab: records under keys, each with a contract and a buffer. */
/// <reference lib="esnext.disposable" preserve="true" />
import { WsBridge } from '../bridge/bridge.js';
import type { DeadLetters } from '../bridge/dead-letters.js';
import type { ContractFile } from '../contract/file.js';
import { CORE, Core } from './core.js';
import { AimDbError, badOption, type ContractViolation, calling } from '../errors.js';
import * as flow from './flow.js';
import { type Gate, SchemaGate } from '../contract/gate.js';
import type { Signal } from '../listeners.js';
import { engineGlue } from '../loading/load.js';
import type { StandardSchemaV1 } from '../contract/standard.js';
import { type ContractEngine, MigrationGate, Migrations } from '../contract/migrations.js';
import { BUFFER_LATEST, BUFFER_MAILBOX } from '../numbers.js';
import { isObject, needOptions, type RecordPlan, recordPlan } from '../options.js';
import { plainArgument } from '../plain.js';
import type {
  AnyRecords,
  BridgeOptions,
  ContractOptions,
  Derived,
  FlowOptions,
  Freshness,
  GraphNode,
  HandleOf,
  JoinChange,
  JoinInputs,
  JoinValues,
  MoreRecords,
  QueryOptions,
  QueryResult,
  RecordDefinition,
  RecordDefinitions,
  RecordInput,
  RecordInspection,
  RecordKey,
  RecordValue,
  RemoveOptions,
  SchemaDescription,
  SourceStart,
  SubscribeOptions,
  TopicInfo,
  Unsubscribe,
  ValueCallback,
  ValueMeta,
  WriteReceipt,
} from '../types.js';
import { freshnessOf } from './freshness.js';
import { View } from './view.js';

export interface WasmDbOptions {
  /** Hears of what callbacks throw, and of the errors of bridges that nobody listens to. */
  readonly onError?: (error: AimDbError) => void;
}

/** Of a database that only asks: the graph of an engine of one's own does not run in it. */
const BARE: WasmDbOptions = Object.freeze({});

/** What this side must know of a record. */
type KnownRecord = Pick<RecordPlan, 'schema' | 'buffer' | 'capacity'> & Partial<RecordPlan>;

/** A database. With the type of records by `defineRecords`, other keys and values do not compile; without, any key does. */
export class WasmDb<RECORDS extends RecordDefinitions = AnyRecords> {
  /** @internal */
  readonly [CORE]: Core;

  /** Needs `await init()` before. */
  constructor(options: WasmDbOptions = {}) {
    needOptions(options, ['onError'], 'WasmDb');
    this[CORE] = new Core(options !== BARE);
    for (const { key, id, schemaType: schema, capacity } of this[CORE].open().records()) {
      const buffer = { [BUFFER_LATEST]: 'SingleLatest', [BUFFER_MAILBOX]: 'Mailbox' } as const;
      const kind = buffer[capacity as typeof BUFFER_LATEST] ?? 'SpmcRing';
      this.#add(key, id, { schema, buffer: kind, capacity: Math.max(capacity, 1) });
    }
    if (options.onError !== undefined) this.onError(options.onError);
  }

  /**
   * Makes a contract known under its name, with those that it carries. Throws at one that cannot be used. Records may bring
   * the same object afterwards.
   */
  registerContract(contract: ContractFile, options: ContractOptions = {}): void {
    const core = this[CORE];
    core.open();
    const migrations = Migrations.of(contract, options);
    // Each time anew: a getter of the contract may have freed the database.
    const engine = () => core.open() as ContractEngine;
    if (migrations) calling(() => migrations.check(engine(), contract));
    const file = plainArgument(migrations ? migrations.shared(contract) : contract);
    calling(() => engine().registerContract(file));
    core.contracts.add(contract);
    if (migrations === null) return;
    core.migrations.set(migrations.name, migrations);
    // Records that are there already get the steps too: those of an engine of one's own cannot come later.
    for (const view of core.viewsByKey.values()) {
      const { schemaType } = engine().inspect(view.id) as RecordInspection;
      if (schemaType === migrations.name)
        core.putGate(view, gateOf(core, view, { schema: schemaType }));
    }
  }

  /**
   * Registers the contracts of records and adds the records. It gives back the same database, which now has the records in
   * its type. Options are checked before anything is done; a record that the engine then refuses ends it, and those
   * before it stay.
   */
  configureRecords<const MORE extends RecordDefinitions>(
    records: MORE,
  ): WasmDb<MoreRecords<RECORDS, MORE>> {
    if (!isObject(records)) throw badOption('configureRecords needs an object of records by key');
    const entries = Object.entries(records);
    for (const [key, definition] of entries) recordPlan(key, definition);
    for (const [, { contract }] of entries) this.#know(contract);
    for (const [key, definition] of entries) this.configureRecord(key, definition);
    return this as WasmDb<AnyRecords>;
  }

  /** Adds a record, and its contract if it brings one. It can be used at once. */
  configureRecord(key: RecordKey, options: RecordDefinition): void {
    const core = this[CORE];
    core.open();
    const plan = recordPlan(key, options);
    this.#know(options.contract);
    // Only now: a getter of the options may have freed the database.
    const engine = core.open();
    if (plan.refuseUnknown && core.schema(plan.schema)?.description.unknownFields === 'keep') {
      const message = `record '${key}': the contract '${plan.schema}' keeps every field: none is unknown`;
      throw badOption(message, key);
    }
    const capacity =
      plan.buffer === 'SpmcRing'
        ? plan.capacity
        : plan.buffer === 'Mailbox'
          ? BUFFER_MAILBOX
          : BUFFER_LATEST;
    const id = calling(() =>
      engine.configure(
        key,
        plan.schema,
        capacity,
        new (engineGlue().RecordOptions)(
          plan.topic,
          plan.offline,
          plan.refuseUnknown,
          plan.truth,
          plan.conflict,
        ),
      ),
    );
    this.#add(key, id, plan);
  }

  /**
   * Removes a record; its key can be configured again at once, with another contract too. A record that others are derived
   * from is refused with `RECORD_IN_USE`, unless `dependents` takes them along.
   *
   * Subscribers hear in a microtask what they have not heard yet, those who listen to changes are told once more, and
   * then nothing comes any more. Handles throw `RECORD_REMOVED`. Writes under way are settled as ever.
   */
  removeRecord(key: RecordKey<RECORDS>, options: RemoveOptions = {}): void {
    const core = this[CORE];
    this.#view(key);
    needOptions(options, ['dependents'], `removeRecord '${key}'`);
    const { dependents = false } = options;
    if (typeof dependents !== 'boolean') {
      throw badOption(`record '${key}': dependents must be true or false`, key);
    }
    core.drop(calling(() => core.open().remove(key, dependents)));
  }

  /** Puts another schema before a record that was configured with one; its values and those who look at it stay. */
  replaceSchema(key: RecordKey<RECORDS>, schema: StandardSchemaV1): void {
    const view = this.#view(key);
    const plan = recordPlan(key, { schema, buffer: 'SingleLatest' });
    if (!(view.gate instanceof SchemaGate)) {
      throw badOption(`record '${key}' was configured without a schema: remove it first`, key);
    }
    this[CORE].putGate(view, gateOf(this[CORE], view, plan));
  }

  /** Whether there is a record with this key. */
  has(key: string): boolean {
    this[CORE].open();
    return this[CORE].viewsByKey.has(key);
  }

  /** Calls back in a microtask, once per turn in which records were configured or removed. */
  onRecords(callback: () => void): Unsubscribe {
    return this.#listen(this[CORE].records, callback);
  }

  /**
   * Writes a value, or throws a `ContractViolation`. A mirrored record's goes to the server too: the receipt tells what becomes
   * of it.
   */
  set<K extends RecordKey<RECORDS>>(key: K, value: RecordInput<K, RECORDS>): WriteReceipt {
    return this.#view(key).set(value);
  }

  /** Writes a value like `set`, and gives the `ContractViolation` instead of throwing it; null if there is none. */
  trySet<K extends RecordKey<RECORDS>>(
    key: K,
    value: RecordInput<K, RECORDS>,
  ): ContractViolation | null {
    return this.#view(key).trySet(value);
  }

  /** The newest value, frozen and the same object until the record changes; null while there is none. */
  get<K extends RecordKey<RECORDS>>(key: K): RecordValue<K, RECORDS> | null {
    return this.#view(key).get() as RecordValue<K, RECORDS> | null;
  }

  /** The newest values of a ring, oldest first; at most one of any other record. */
  history<K extends RecordKey<RECORDS>>(
    key: K,
    length?: number,
  ): readonly RecordValue<K, RECORDS>[] {
    return this.#view(key).history(length) as readonly RecordValue<K, RECORDS>[];
  }

  /** How fresh what the record shows is; the same object until it is another one. */
  freshness(key: RecordKey<RECORDS>): Freshness {
    const core = this[CORE];
    const view = this.#view(key);
    const engine = core.open();
    const session = engine.recordSession(view.id);
    return freshnessOf(engine, view, core.host.lines.get(session ?? -1));
  }

  /** Called when what records show may be fresher, or less fresh: connections come and go, servers confirm. */
  onFreshnessChange(callback: () => void): Unsubscribe {
    return this.#listen(this[CORE].freshness, callback);
  }

  /** How many values were ever written to the record. */
  version(key: RecordKey<RECORDS>): number {
    return this.#view(key).version;
  }

  /**
   * Calls back in a microtask: with the current value if there is one, then with each new one. Of a
   * ring, only with what is pushed from now on; of a mailbox, with what no other subscriber got.
   */
  subscribe<K extends RecordKey<RECORDS>>(
    key: K,
    callback: ValueCallback<RecordValue<K, RECORDS>>,
    options?: SubscribeOptions,
  ): Unsubscribe {
    return this.#view(key).subscribe(callback as ValueCallback<unknown>, options);
  }

  /**
   * Brings a record its values. `start` is called in a microtask; what it gives, if it is a function, is called when the
   * source ends: when it is stopped, the record is removed or the database freed. A record has one writer at most of
   * sources, derivations and joins, or it is refused with `TWO_WRITERS`.
   */
  source<K extends RecordKey<RECORDS>>(
    key: K,
    start: SourceStart<RecordInput<K, RECORDS>>,
  ): Unsubscribe {
    return flow.source(this[CORE], this.#view(key), start);
  }

  /**
   * Derives a record from another: `make` is called with each value as a subscriber would be, and with the record's own
   * newest value. It may be async; then values wait until it is done. What it gives is written with the origin `rule`.
   * A circle is refused with `CYCLE` and its path.
   */
  derive<K extends RecordKey<RECORDS>, FROM extends RecordKey<RECORDS>>(
    key: K,
    from: FROM,
    make: (
      value: RecordValue<FROM, RECORDS>,
      previous: RecordValue<K, RECORDS> | undefined,
    ) => Derived<RecordInput<K, RECORDS>>,
    options?: FlowOptions,
  ): Unsubscribe {
    return flow.derive(this[CORE], this.#view(key), from, make, options);
  }

  /**
   * Derives a record from several: `make` is called with each value of each of them, always with the newest of all and
   * with which one changed. Otherwise as `derive`.
   */
  join<K extends RecordKey<RECORDS>, const INPUTS extends JoinInputs<RECORDS>>(
    key: K,
    inputs: INPUTS,
    make: (
      values: JoinValues<INPUTS, RECORDS>,
      changed: JoinChange<INPUTS>,
    ) => Derived<RecordInput<K, RECORDS>>,
    options?: FlowOptions,
  ): Unsubscribe {
    return flow.join(this[CORE], this.#view(key), inputs, make, options);
  }

  /** Looks at each value, as a subscriber that the graph knows, and that may be async: then values wait until it is done. */
  tap<K extends RecordKey<RECORDS>>(
    key: K,
    look: (value: RecordValue<K, RECORDS>, meta: ValueMeta) => unknown,
    options?: FlowOptions,
  ): Unsubscribe {
    return flow.tap(this[CORE], this.#view(key), look, options);
  }

  /** Who reads whom, in the order of configuration; a snapshot that does not change. */
  graph(): readonly GraphNode[] {
    return flow.graph(this[CORE]);
  }

  /** The record, looked up once: the quickest way to read and write it. */
  record<K extends RecordKey<RECORDS>>(key: K): HandleOf<K, RECORDS> {
    this[CORE].open();
    return this.#view(key) as HandleOf<K, RECORDS>;
  }

  /** What a record is and what it has seen so far, for tools; a snapshot that does not change. */
  inspect(key: RecordKey<RECORDS>): RecordInspection {
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
    return this.#listen(this[CORE].errors, callback);
  }

  /** The same as `WsBridge.connect`. */
  connectBridge(url: string | URL, options?: BridgeOptions): WsBridge {
    return WsBridge.connect(this, url, options);
  }

  /** Asks a server which topics it has, over a connection of its own. */
  static async discover(url: string | URL, options: BridgeOptions = {}): Promise<TopicInfo[]> {
    const db = new WasmDb(BARE);
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

  /** Writes that came to nothing, of the first bridge. */
  deadLetters(): DeadLetters {
    return this.#bridge().deadLetters;
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

  /** Registers the contract of a record, unless another record has brought this very object. */
  #know(contract: ContractFile | undefined): void {
    const known = this[CORE].contracts;
    if (!contract || known.has(contract)) return;
    this.registerContract(contract);
    known.add(contract);
  }

  #listen<T>(signal: Signal<T>, callback: (value: T) => void): Unsubscribe {
    this[CORE].open();
    if (typeof callback !== 'function') {
      throw new AimDbError('CALLBACK_INVALID', 'a callback is a function');
    }
    return signal.listen(callback);
  }

  /** Makes a record of the engine one of this side. */
  #add(key: string, id: number, plan: KnownRecord): void {
    const core = this[CORE];
    const schema = core.schema(plan.schema);
    const flat = schema?.flat ?? null;
    const canWrite = plan.refuseUnknown !== true && flat?.canWrite === true;
    const view = new View(
      core,
      key,
      id,
      { kind: plan.buffer, capacity: plan.capacity },
      { read: flat, write: canWrite ? flat : null, places: schema?.places ?? null },
    );
    core.add(view);
    core.putGate(view, gateOf(core, view, plan));
  }

  #view(key: string): View {
    const core = this[CORE];
    const view = core.viewsByKey.get(key);
    if (view === undefined) {
      core.open();
      if (typeof key !== 'string') throw new AimDbError('KEY_INVALID', 'a key is a text');
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

/** What stands before the contract of a record. */
function gateOf(
  core: Core,
  { key, id }: View,
  plan: Pick<KnownRecord, 'schema' | 'standard'>,
): Gate | null {
  if (plan.standard) return new SchemaGate(key, plan.standard);
  const migrations = core.migrations.get(plan.schema);
  return migrations ? new MigrationGate(core, key, id, migrations) : null;
}
