/**
 * One engine and what stands around it in this thread: its records, its bridges, its errors, and
 * the one flush per turn in which subscribers hear of changes.
 *
 * Guarantees: no callback of an application runs while the engine is at work, nor inside the call
 * that caused it.
 */
import type { Engine } from '../../wasm/engine.js';
import { type AimDbError, callbackError, calling, freed, fromEngine } from '../errors.js';
import { LOCAL } from '../bridge/receipt.js';
import { Flat } from './flat.js';
import { Host } from './host.js';
import { Signal } from '../listeners.js';
import { engineGlue, engineMemory } from '../loading/load.js';
import type { Gate } from '../contract/gate.js';
import { type JsonPlaces, jsonPlaces } from '../contract/json-places.js';
import type { Migrations } from '../contract/migrations.js';
import { frozenJson } from '../plain.js';
import { toPlatform } from '../report.js';
import { CHANGES_MAX } from '../numbers.js';
import { Scratch } from './scratch.js';
import { oncePerTurn } from '../turn.js';
import type { SchemaDescription, WriteReceipt } from '../types.js';
import type { View } from './view.js';

/** Where a database keeps what only this package may touch. */
export const CORE: unique symbol = Symbol('core');

/** A contract as this side knows it. */
export interface KnownSchema {
  readonly description: SchemaDescription;
  readonly flat: Flat | null;
  /** Where any JSON may stand in its values. */
  readonly places: JsonPlaces;
}

/** A bridge, and what the core tells it. */
export interface CoreBridge {
  readonly [CORE]: BridgeCalls;
}

export interface BridgeCalls {
  /** Ask for the values of records that were configured late. */
  refresh(): void;
  /** The number of writes under way may have changed. */
  checkPending(): void;
  /** The database is being freed. */
  end(): void;
}

export class Core {
  readonly host = new Host(this);
  readonly scratch: Scratch;
  /** By the engine's number, which is another record's once one was removed. */
  readonly views: (View | undefined)[] = [];
  readonly viewsByKey = new Map<string, View>();
  /** How many records have a gate: without one no frame is looked at here. */
  gates = 0;
  readonly bridges = new Set<CoreBridge>();
  /** The contract files that records have brought. */
  readonly contracts = new WeakSet<object>();
  /** The steps of contracts that are functions, by the contract's name. */
  readonly migrations = new Map<string, Migrations>();
  readonly errors = new Signal<AimDbError>();
  /** Records were configured or removed. */
  readonly records = new Signal<void>();
  /** What records show may be fresher, or less fresh. */
  readonly freshness = new Signal<void>();
  readonly freshnessChanged = oncePerTurn(() => {
    if (this.isFreed) return;
    this.freshness.emit(undefined, (thrown) => this.report(callbackError(thrown, 'a database')));
  });
  #engine: Engine | null;
  #schemas = new Map<string, KnownSchema>();
  #joined: View[] = [];
  readonly #tellRecordsSoon = oncePerTurn(() => this.#tellRecords());
  readonly #refreshSoon = oncePerTurn(() => {
    for (const bridge of this.bridges) bridge[CORE].refresh();
  });
  /** Somebody is to be told of changes in a microtask. */
  readonly flushSoon = oncePerTurn(() => this.#flush());
  readonly checkPendingSoon = oncePerTurn(() => {
    for (const bridge of this.bridges) bridge[CORE].checkPending();
  });
  /** The codes that went to the console, since nobody listens. */
  #warned = new Set<string>();

  /** Without the graph that an engine of one's own brings, where nothing is to run. */
  constructor(withGraph: boolean) {
    const memory = engineMemory();
    this.#engine = calling(() => new (engineGlue().Engine)(this.host, withGraph));
    this.scratch = new Scratch(memory, this.#engine.scratch, this.#engine.changes);
    this.#engine.start();
  }

  get isFreed(): boolean {
    return this.#engine === null;
  }

  /** The engine, or an error once it is freed. */
  open(): Engine {
    if (this.#engine === null) throw freed();
    return this.#engine;
  }

  schema(name: string): KnownSchema | null {
    const engine = this.open();
    const known = this.#schemas.get(name);
    if (known) return known;
    const text = engine.schema(name);
    if (text === undefined) return null;
    const description = frozenJson(text) as SchemaDescription;
    const schema = { description, flat: Flat.of(description), places: jsonPlaces(description) };
    this.#schemas.set(name, schema);
    return schema;
  }

  // ---- records

  add(view: View): void {
    this.views[view.id] = view;
    this.viewsByKey.set(view.key, view);
    this.#recordsChanged();
  }

  /** Puts a gate before the contract of a record, in the place of one that it may have. */
  putGate(view: View, gate: Gate | null): void {
    if (gate === null) return;
    if (view.gate === null) this.gates += 1;
    view.gate = gate;
    this.open().setByHost(view.id);
  }

  /** The engine has removed these records, and waits for this side to let go of them. */
  drop(keys: readonly string[]): void {
    const engine = this.open();
    for (const key of keys) {
      const view = this.viewsByKey.get(key);
      if (view === undefined) continue;
      view.retire(engine);
      this.viewsByKey.delete(key);
      this.views[view.id] = undefined;
      if (view.gate) this.gates -= 1;
    }
    while (this.views.length > 0 && this.views.at(-1) === undefined) this.views.pop();
    this.#recordsChanged();
  }

  #recordsChanged(): void {
    // Records came, whose values bridges may have had already, or went.
    if (this.bridges.size > 0) this.#refreshSoon();
    if (this.records.isHeard) this.#tellRecordsSoon();
  }

  #tellRecords(): void {
    if (this.#engine === null) return;
    this.records.emit(undefined, (thrown) => this.report(callbackError(thrown, 'a database')));
  }

  // ---- changes

  /** A record has a new subscriber, who wants its current value. */
  joinSoon(view: View): void {
    this.#joined.push(view);
    this.flushSoon();
  }

  #flush(): void {
    const joined = this.#joined;
    this.#joined = [];
    if (this.#engine === null) return;
    this.#pumpChanged();
    for (const view of joined) view.pump(false);
  }

  /** Lets every record that changed tell its subscribers. One of them may free the database. */
  #pumpChanged(): void {
    let count = CHANGES_MAX;
    while (count === CHANGES_MAX && this.#engine !== null) {
      count = this.#engine.drainChanges();
      // All before the first is told: a subscriber may remove records, and others take their numbers.
      const changes = this.scratch.changes();
      const changed: View[] = [];
      for (let at = 0; at < count; at++) {
        const view = this.views[changes[at] as number];
        if (view) changed.push(view);
      }
      for (const view of changed) view.pump(true);
    }
  }

  /** A record was written from here. */
  wrote(): void {
    if (this.bridges.size > 0) this.checkPendingSoon();
  }

  /** The receipt of a write that was just made. */
  receipt(record: number, write: number): WriteReceipt {
    const session = write === 0 ? undefined : this.open().recordSession(record);
    return this.host.lines.get(session ?? -1)?.receipt(write) ?? LOCAL;
  }

  // ---- errors

  /** The error of the write that the engine has just refused. */
  refusal(engine: Engine): AimDbError {
    return fromEngine(engine.takeRefusal());
  }

  /** Tells those who listen, or the console: nothing is swallowed, and nothing is thrown. */
  report(error: AimDbError): void {
    if (this.errors.isHeard && !this.isFreed) {
      this.errors.emit(error, toPlatform);
    } else if (error.code === 'CALLBACK_THREW') {
      toPlatform(error.cause);
    } else if (!this.#warned.has(error.code)) {
      this.#warned.add(error.code);
      console.warn(`aimdb: ${error.code}: ${error.message}`);
    }
  }

  free(): void {
    const engine = this.#engine;
    if (engine === null) return;
    this.#engine = null;
    // A value that is just being read for a write must not go to the engine any more.
    this.scratch.uses += 1;
    engine.close();
    for (const bridge of this.bridges) bridge[CORE].end();
    this.bridges.clear();
    for (const view of this.viewsByKey.values()) view.end();
    engine.free();
  }
}
