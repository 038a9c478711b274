/**
 * A database with its bridge that follows its options.
 *
 * Guarantees: what two sets of options have in common stays as it is: values, subscriptions, the socket. A record that is
 * defined anew keeps its values where no server decides over it and its contract still takes them. What fails leaves the
 * record that it is about as it was. Does not: load the engine, or decide when it ends.
 */
import {
  AimDbError,
  type ContractFile,
  type RecordDefinition,
  type RecordDefinitions,
  WasmDb,
  type WriteStorage,
  type WsBridge,
} from '@aimdb/wasm';
import {
  type AimDbOptions,
  type BridgeTarget,
  isSameConnection,
  isSameData,
  isSameRecord,
} from './options.js';

/** What a provider hands down at one moment; the same object until it changes. */
export interface SessionState {
  readonly db: WasmDb | null;
  readonly bridge: WsBridge | null;
  readonly error: unknown;
}

/** Values of records by key, oldest first. */
type Kept = readonly (readonly [key: string, values: readonly unknown[]])[];

export class Database {
  readonly #db = new WasmDb();
  /** As they are configured. */
  readonly #records = new Map<string, RecordDefinition>();
  readonly #contracts: object[] = [];
  #stopTelling: (() => void) | null = null;
  #tell: ((error: AimDbError) => void) | undefined;
  #target: BridgeTarget | undefined;
  #state: SessionState;

  /** Makes the database and its records. */
  constructor(options: AimDbOptions) {
    this.#state = { db: this.#db, bridge: null, error: null };
    try {
      this.#updateRecords(options);
    } catch (error) {
      this.#db.free();
      throw error;
    }
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Says who is told of errors; without anyone they go to the console. */
  tell(tell: ((error: AimDbError) => void) | undefined): void {
    if (tell === this.#tell) return;
    this.#stopTelling?.();
    this.#tell = tell;
    this.#stopTelling = tell ? this.#db.onError(tell) : null;
  }

  /** Connects for the first time, with the storage that the options gave. */
  connect(target: BridgeTarget | undefined, storage: WriteStorage | undefined): void {
    this.#target = target;
    if (target) this.#connect(target, storage);
  }

  /** Does what other options ask for; where a storage must be asked first, it is done when the promise settles. */
  update(options: AimDbOptions): Promise<void> | undefined {
    this.#updateRecords(options);
    return this.#updateBridge(options.bridge);
  }

  /** The values over which no server decides. */
  localValues(): Kept {
    return [...this.#records.keys()].flatMap((key) =>
      this.#db.has(key) && this.#db.freshness(key) === 'local'
        ? [[key, this.#db.history(key)] as const]
        : [],
    );
  }

  /** Writes values again, where their records are local now; one that its contract does not take is told and left out. */
  restore(values: Kept): void {
    for (const [key, history] of values) {
      if (!this.#db.has(key) || this.#db.freshness(key) !== 'local') continue;
      for (const value of history) {
        const refused = this.#db.trySet(key, value);
        if (refused) this.#report(refused);
      }
    }
  }

  close(): void {
    this.#target = undefined;
    this.#disconnect();
    this.#db.free();
  }

  #updateRecords({ contracts = [], records }: AimDbOptions): void {
    for (const contract of contracts) this.#know(contract);
    for (const key of [...this.#records.keys()]) {
      if (!Object.hasOwn(records, key)) this.#remove(key);
    }
    const added: Record<string, RecordDefinition> = {};
    for (const [key, now] of Object.entries(records as RecordDefinitions)) {
      const before = this.#records.get(key);
      if (before === undefined) added[key] = now;
      else this.#change(key, before, now);
    }
    this.#add(added);
  }

  #know(contract: object): void {
    if (this.#contracts.some((known) => isSameData(known, contract))) return;
    this.#db.registerContract(contract as ContractFile);
    this.#contracts.push(contract);
  }

  #remove(key: string): void {
    if (this.#db.has(key)) this.#db.removeRecord(key);
    this.#records.delete(key);
  }

  #add(added: Readonly<Record<string, RecordDefinition>>): void {
    // What the application defines itself is no longer the server's.
    for (const key of this.#state.bridge?.adopted() ?? []) {
      if (Object.hasOwn(added, key)) this.#db.removeRecord(key);
    }
    const keys = Object.keys(added).filter((key) => !this.#db.has(key));
    try {
      this.#db.configureRecords(added);
    } finally {
      // Where one was refused, those before it are there.
      for (const key of keys) {
        if (this.#db.has(key)) this.#records.set(key, added[key] as RecordDefinition);
      }
    }
  }

  #change(key: string, before: RecordDefinition, now: RecordDefinition): void {
    if (!isSameRecord(before, now)) this.#replace(key, before, now);
    else if (now.schema !== undefined && now.schema !== before.schema && this.#db.has(key)) {
      this.#db.replaceSchema(key, now.schema);
    }
    this.#records.set(key, now);
  }

  #replace(key: string, before: RecordDefinition, now: RecordDefinition): void {
    const kept = this.localValues().filter(([name]) => name === key);
    if (this.#db.has(key)) this.#db.removeRecord(key);
    try {
      this.#db.configureRecords({ [key]: now });
    } catch (error) {
      this.#db.configureRecords({ [key]: before });
      throw error;
    } finally {
      this.restore(kept);
    }
  }

  #updateBridge(now: BridgeTarget | undefined): Promise<void> | undefined {
    const { bridge } = this.#state;
    const before = this.#target;
    this.#target = now;
    if (bridge && before && now && isSameConnection(before, now)) {
      this.#follow(bridge, before, now);
      return;
    }
    this.#disconnect();
    if (now?.storage) return this.#connectWithStorage(now, now.storage);
    if (now) this.#connect(now, undefined);
    return;
  }

  /** Takes over what may change in an open connection. */
  #follow(bridge: WsBridge, before: BridgeTarget, now: BridgeTarget): void {
    const [old, wanted] = [before, now].map(({ subscribeTopics = [] }) => subscribeTopics);
    const others = [now.adopt ?? []].flat();
    const left = old?.filter((topic) => !wanted?.includes(topic) && !others.includes(topic)) ?? [];
    const joined = wanted?.filter((topic) => !old?.includes(topic)) ?? [];
    if (left.length > 0) bridge.unsubscribe(left);
    if (joined.length > 0) bridge.subscribe(joined);
    // A function is asked when the server wants a token, and then the newest one is.
    const isOther = typeof now.token === 'string' && now.token !== before.token;
    if (isOther || typeof now.token !== typeof before.token) bridge.renewToken(this.#tokenOf(now));
  }

  async #connectWithStorage(target: BridgeTarget, ask: () => Promise<WriteStorage>): Promise<void> {
    const storage = await ask();
    // Meanwhile the options have changed once more, or it is closed.
    if (this.#target !== target) storage.shared?.leave();
    else this.#connect(target, storage);
  }

  #connect(target: BridgeTarget, storage: WriteStorage | undefined): void {
    const { url, storage: _, ...options } = target;
    const token = this.#tokenOf(target);
    try {
      const bridge = this.#db.connectBridge(url, {
        ...options,
        ...(token !== undefined && { token }),
        ...(storage && { storage }),
      });
      this.#state = { ...this.#state, bridge };
    } catch (error) {
      storage?.shared?.leave();
      throw error;
    }
  }

  #tokenOf({ token }: BridgeTarget): BridgeTarget['token'] {
    if (typeof token !== 'function') return token;
    return () => {
      const newest = this.#target?.token;
      return typeof newest === 'function' ? newest() : token();
    };
  }

  #disconnect(): void {
    const { bridge } = this.#state;
    if (bridge === null) return;
    const adopted = bridge.adopted();
    bridge.disconnect();
    // They were records of this server; the next one says what it has.
    for (const key of adopted) {
      if (this.#db.has(key)) this.#db.removeRecord(key, { dependents: true });
    }
    this.#state = { ...this.#state, bridge: null };
  }

  #report(error: AimDbError): void {
    if (this.#tell) this.#tell(error);
    else console.warn(`aimdb: ${error.code}: ${error.message}`);
  }
}

/** Whether only a new database can have what was asked for: a contract of this name is there, and it says something else. */
export function needsAnotherDatabase(error: unknown): boolean {
  return error instanceof AimDbError && error.code === 'SCHEMA_NAME_TAKEN';
}
