/**
 * One record from this side: one frozen snapshot per version, and its subscribers.
 *
 * Guarantees: the same object for the same version, made when somebody looks and once for all who
 * look; subscribers hear in the order in which they joined; what one throws stops nobody. Once the record is removed
 * nothing reaches the engine under its number, which is another record's by then.
 */
import type { Engine } from '../../wasm/engine.js';
import { AimDbError, badOption, type ContractViolation, callbackError } from '../errors.js';
import type { Flat } from './flat.js';
import type { Gate } from '../contract/gate.js';
import type { JsonPlaces } from '../contract/json-places.js';
import { Listeners, type Member, Signal } from '../listeners.js';
import {
  MISSED,
  NEXT_EMPTY,
  NEXT_LAGGED,
  NEXT_SLOTS,
  ORIGIN_SHIFT,
  type OriginNames,
  VERSION,
  WRITE_REFUSED,
} from '../numbers.js';
import { type Buffer, isWhole, needOptions, shown } from '../options.js';
import { pastOf } from './past.js';
import { frozenJson, plain } from '../plain.js';
import type { Scratch } from './scratch.js';
import type {
  Freshness,
  Origin,
  RecordHandle,
  SubscribeOptions,
  Unsubscribe,
  ValueCallback,
  ValueMeta,
  WriteReceipt,
} from '../types.js';

/** What a read found is in the low byte of its result; the origin is in the next. */
const ORIGINS: OriginNames = ['local', 'remote', 'rule', 'restored'];

const NO_VALUES: readonly never[] = Object.freeze([]);
/** So many lengths of one record's history are kept; a component asks for one. */
const HISTORIES_MAX = 8;

interface Subscriber extends Member {
  readonly callback: ValueCallback<unknown>;
  readonly onLag: ((missed: number) => void) | undefined;
  readonly onNone: (() => void) | undefined;
  /** The version of the last value that concerns it no more. */
  seen: number;
}

interface History {
  readonly version: number;
  readonly values: readonly unknown[];
}

/** What stands in the scratch area after a read. */
interface Found {
  readonly value: unknown;
  readonly meta: ValueMeta;
}

/** What a record needs of its database. */
export interface ViewHost {
  readonly isFreed: boolean;
  readonly scratch: Scratch;
  /** The engine, or an error once it is freed. */
  open(): Engine;
  /** The error of the write that the engine has just refused. */
  refusal(engine: Engine): AimDbError;
  /** A record was written from here. */
  wrote(): void;
  /** The receipt of a write, by its record and its number; 0 stands for one that nobody is told of. */
  receipt(record: number, write: number): WriteReceipt;
  /** A record has a new subscriber, who wants its current value. */
  joinSoon(view: View): void;
  report(error: AimDbError): void;
}

export class View implements RecordHandle<unknown> {
  readonly key: string;
  readonly id: number;
  /** What an application has put before the contract. */
  gate: Gate | null = null;
  #core: ViewHost;
  #flat: Flat | null;
  /** The same, unless writing must look at every field. */
  #flatWrite: Flat | null;
  readonly #places: JsonPlaces;
  /** How many values the record keeps. */
  readonly capacity: number;
  /** What was said last of how fresh it is. */
  freshness: Freshness = 'local';
  readonly missed = { connection: 0, count: 0 };
  /** What writes the record from within, if anything does. */
  writer: { end(): void } | null = null;
  #buffer: Buffer;

  #snapshot: unknown = null;
  #meta: ValueMeta = { version: 0, origin: 'local' };
  /** The version that the snapshot is of; -1 before anyone looked. */
  #snapshotVersion = -1;
  /** The revision that the snapshot is of; once the record is removed, the last one. */
  #revision = -1;
  #histories = new Map<number, History>();

  #subscribers = new Listeners<Subscriber>();
  #changes = new Signal<void>();
  #isJoining = false;
  /** Which of a mailbox's subscribers is next. */
  #turn = 0;
  /** Once the record is removed: what subscribers have not heard yet, the newest first. */
  #left: (Found | number)[] | null = null;

  constructor(
    core: ViewHost,
    key: string,
    id: number,
    buffer: { kind: Buffer; capacity: number },
    schema: { read: Flat | null; write: Flat | null; places: JsonPlaces },
  ) {
    this.#core = core;
    this.key = key;
    this.id = id;
    this.#buffer = buffer.kind;
    this.capacity = buffer.capacity;
    this.#flat = schema.read;
    this.#flatWrite = schema.write;
    this.#places = schema.places;
  }

  get isRemoved(): boolean {
    return this.#left !== null;
  }

  /** Whether what it shows is from the device. */
  get isRestored(): boolean {
    return this.get() !== null && this.#meta.origin === 'restored';
  }

  get isRing(): boolean {
    return this.#buffer === 'SpmcRing';
  }

  get version(): number {
    return this.#open().version(this.id);
  }

  get revision(): number {
    return this.isRemoved ? this.#revision : this.#open().revision(this.id);
  }

  get(): unknown {
    const engine = this.#open();
    const revision = engine.revision(this.id);
    if (revision !== this.#revision) this.#look(engine, revision);
    return this.#snapshot;
  }

  set(value: unknown): WriteReceipt {
    const written = this.write(value, false);
    if (typeof written !== 'number') throw written;
    return this.#core.receipt(this.id, written);
  }

  trySet(value: unknown): ContractViolation | null {
    const written = this.write(value, false);
    return typeof written === 'number' ? null : (written as ContractViolation);
  }

  /** Writes a value, by hand or by what derives it. Gives the number of its write, 0 where nobody is told, or the refusal. */
  write(value: unknown, isDerived: boolean): AimDbError | number {
    const engine = this.#open();
    if (this.gate !== null) return this.#writeGated(this.gate, value, isDerived);
    const flat = this.#flatWrite;
    const isObject = typeof value === 'object' && value !== null;
    if (flat === null || !isObject || !flat.write(value, this.#core.scratch)) {
      return this.#writeCopy(plain(value, this.#places), isDerived);
    }
    const written = engine.writeSlots(this.id, isDerived);
    if (written === WRITE_REFUSED) return this.#reworded(value, this.#core.refusal(engine));
    this.#core.wrote();
    return written;
  }

  /** The refusal of numbers, of the first in the order in which the value has them: they crossed in the contract's. */
  #reworded(value: unknown, refusal: AimDbError): AimDbError {
    const copy = plain(value, this.#places);
    const engine = this.#open();
    return engine.normal(this.id, copy) === undefined ? this.#core.refusal(engine) : refusal;
  }

  #writeGated(gate: Gate, value: unknown, isDerived: boolean): AimDbError | number {
    const admitted = gate.admit(value, 0);
    return admitted instanceof AimDbError ? admitted : this.#writeCopy(admitted.value, isDerived);
  }

  #writeCopy(copy: unknown, isDerived: boolean): AimDbError | number {
    // Only now: what the application runs for a value, such as a getter, may have freed the database or removed the record.
    const older = this.gate?.outgoing?.(copy);
    if (older instanceof AimDbError) return older;
    const engine = this.#open();
    const written = engine.writeValue(this.id, copy, isDerived, older);
    if (written === WRITE_REFUSED) return this.#core.refusal(engine);
    this.#core.wrote();
    return written;
  }

  /** The engine, for as long as the record is in it. */
  #open(): Engine {
    const engine = this.#core.open();
    if (this.#left === null) return engine;
    const message = `record '${this.key}' was removed: end what uses it`;
    throw new AimDbError('RECORD_REMOVED', message, { record: this.key });
  }

  // ---- reading

  /** Reads the newest value, unless the snapshot is it. */
  #look(engine: Engine, revision: number): void {
    const { scratch } = this.#core;
    scratch.uses += 1;
    const found = engine.latest(this.id);
    const version = scratch.numbers()[VERSION] as number;
    this.#revision = revision;
    if ((found & 0xff) === NEXT_EMPTY) {
      this.#snapshot = null;
      this.#histories.clear();
    } else if (this.#snapshot === null || version !== this.#snapshotVersion) {
      this.#keep(this.#found(engine, found));
    }
    this.#snapshotVersion = version;
  }

  #keep({ value, meta }: Found): void {
    this.#snapshot = value;
    this.#meta = meta;
    this.#snapshotVersion = meta.version;
  }

  /** The value that the engine has just lent. */
  #found(engine: Engine, found: number): Found {
    const numbers = this.#core.scratch.numbers();
    const version = numbers[VERSION] as number;
    const origin = ORIGINS[found >> ORIGIN_SHIFT] as Origin;
    const isNumbers = (found & 0xff) === NEXT_SLOTS && this.#flat !== null;
    const value = isNumbers ? this.#flat?.read(numbers) : frozenJson(engine.takeValue() ?? 'null');
    return { value, meta: Object.freeze({ version, origin }) };
  }

  history(length: number = this.capacity): readonly unknown[] {
    const newest = this.get();
    if (!isWhole(length, 0, Number.MAX_SAFE_INTEGER)) {
      throw badOption(
        `the length of a history must be an integer from 0, got ${shown(length)}`,
        this.key,
      );
    }
    if (newest === null || length === 0) return NO_VALUES;
    const wanted = Math.min(length, this.capacity);
    const version = this.#snapshotVersion;
    const kept = this.#histories.get(wanted);
    if (kept?.version === version) return kept.values;
    const values = Object.freeze(this.#historyNow(wanted, version, newest, kept));
    if (!kept && this.#histories.size === HISTORIES_MAX) this.#histories.clear();
    this.#histories.set(wanted, { version, values });
    return values;
  }

  /** The newest values: those that are known, and after them those that came since. */
  #historyNow(length: number, version: number, newest: unknown, kept?: History): unknown[] {
    if (this.#buffer !== 'SpmcRing') return [newest];
    const since = kept ? Math.min(length, version - kept.version) : length;
    const { scratch } = this.#core;
    const added = pastOf(this.#open(), scratch, this.id, this.#flat, version, since);
    // The same object that `get` gives.
    added[added.length - 1] = newest;
    const before = kept && added.length === since ? kept.values : NO_VALUES;
    const stay = Math.min(before.length, length - added.length);
    return stay === 0 ? added : [...before.slice(before.length - stay), ...added];
  }

  // ---- subscribing

  subscribe(callback: ValueCallback<unknown>, options?: SubscribeOptions): Unsubscribe {
    const engine = this.#open();
    needFunction(callback, this.key);
    needOptions(options, ['onLag', 'onNone'], `subscribe to '${this.key}'`);
    const { onLag, onNone } = options ?? {};
    for (const callback of [onLag, onNone]) {
      if (callback !== undefined) needFunction(callback, this.key);
    }
    const seen = this.#buffer === 'SpmcRing' ? engine.version(this.id) : 0;
    const subscriber: Subscriber = { callback, onLag, onNone, seen, isLive: true };
    // The first one starts a new reader, also where only changes were listened to before.
    if (this.#subscribers.size === 0) engine.watch(this.id, true);
    this.#subscribers.add(subscriber);
    if (this.#buffer !== 'SpmcRing' && !this.#isJoining) {
      this.#isJoining = true;
      this.#core.joinSoon(this);
    }
    return () => {
      this.#subscribers.remove(subscriber);
      this.#unwatchWhenAlone();
    };
  }

  onChange(callback: () => void): Unsubscribe {
    const engine = this.#open();
    needFunction(callback, this.key);
    if (!this.#isWatched) engine.watch(this.id, true);
    const stop = this.#changes.listen(callback);
    return () => {
      stop();
      this.#unwatchWhenAlone();
    };
  }

  get #isWatched(): boolean {
    return this.#subscribers.size > 0 || this.#changes.isHeard;
  }

  #unwatchWhenAlone(): void {
    if (this.#isWatched || this.isRemoved || this.#core.isFreed) return;
    this.#core.open().watch(this.id, false);
  }

  /** Values of the record were lost on the way from the server. */
  lagged(missed: number): void {
    this.#eachSubscriber((subscriber) => this.#tellLag(subscriber, missed));
  }

  end(): void {
    this.writer?.end();
    this.#subscribers.clear();
    this.#changes.clear();
  }

  /**
   * The engine has removed the record and is about to let go of it: takes what subscribers have not heard yet. They are
   * told in a microtask, and then those who listen to changes, for the last time.
   */
  retire(engine: Engine): void {
    const left: (Found | number)[] = [];
    this.get();
    if (this.#subscribers.size > 0 && this.#buffer !== 'SingleLatest') {
      for (let next = this.#next(); next !== null; next = this.#next()) left.push(next);
    }
    this.#revision = engine.revision(this.id) + 1;
    this.#left = left.reverse();
    // A value that is just being read for a write must not go to the engine any more.
    this.#core.scratch.uses += 1;
    engine.release(this.id);
    this.writer?.end();
    this.#core.joinSoon(this);
  }

  /** Puts a server's payload into the scratch area; `false` if it does not fit numbers. */
  writeSlots(payload: object): boolean {
    const flat = this.#flat;
    return flat?.canWrite === true && flat.write(payload, this.#core.scratch);
  }

  // ---- telling

  /** Tells subscribers what there is. Never called while the engine is at work. */
  pump(isChanged: boolean): void {
    const isLast = this.isRemoved;
    if (!isChanged) this.#isJoining = false;
    if (this.#subscribers.size > 0) {
      if (this.#buffer === 'SingleLatest') this.#pumpLatest();
      else if (this.#buffer === 'SpmcRing') this.#pumpRing();
      else this.#pumpMailbox();
    }
    if (isLast) this.#eachSubscriber((subscriber) => this.#tellNone(subscriber));
    if (isChanged || isLast) this.#changes.emit(undefined, (thrown) => this.#report(thrown));
    if (isLast) this.end();
  }

  /** Everyone gets the newest value, once. */
  #pumpLatest(): void {
    const value = this.isRemoved ? this.#snapshot : this.get();
    if (value === null) {
      this.#eachSubscriber((subscriber) => {
        if (subscriber.seen !== 0) this.#tellNone(subscriber);
        subscriber.seen = 0;
      });
      return;
    }
    const meta = this.#meta;
    const { version } = meta;
    const members = this.#subscribers.beginWalk();
    const end = members.length;
    for (let at = 0; at < end; at++) {
      const subscriber = members[at] as Subscriber;
      if (subscriber.seen === version || !subscriber.isLive) continue;
      subscriber.seen = version;
      try {
        subscriber.callback(value, meta);
      } catch (thrown) {
        this.#report(thrown);
      }
    }
    this.#subscribers.endWalk();
  }

  /** Everyone gets each value that was pushed since it joined. */
  #pumpRing(): void {
    // What subscribers push meanwhile belongs to the next turn.
    const until = this.isRemoved ? Number.POSITIVE_INFINITY : this.version;
    let missed = 0;
    while (this.#subscribers.size > 0) {
      const next = this.#next();
      if (next === null) return;
      if (typeof next === 'number') {
        missed = next;
        continue;
      }
      const { value, meta } = next;
      this.#eachSubscriber((subscriber) => {
        const lost = Math.min(missed, meta.version - 1 - subscriber.seen);
        if (lost > 0) this.#tellLag(subscriber, lost);
        // `onLag` may have ended it.
        if (meta.version <= subscriber.seen || !subscriber.isLive) return;
        subscriber.seen = meta.version;
        this.#tell(subscriber, value, meta);
      });
      missed = 0;
      if (meta.version >= until) return;
    }
  }

  /** Each value goes to one subscriber, in turn. */
  #pumpMailbox(): void {
    const next = this.#next();
    if (next === null || typeof next === 'number') return;
    const live = this.#subscribers.beginWalk().filter((subscriber) => subscriber.isLive);
    const turn = this.#turn % live.length;
    this.#turn = turn + 1;
    this.#tell(live[turn] as Subscriber, next.value, next.meta);
    this.#subscribers.endWalk();
  }

  /** What there is to tell next: a value, how many were missed, or nothing. */
  #next(): Found | number | null {
    if (this.#left) return this.#left.pop() ?? null;
    const engine = this.#core.open();
    this.#core.scratch.uses += 1;
    const found = engine.next(this.id);
    if (found === NEXT_EMPTY) return null;
    if (found === NEXT_LAGGED) return this.#core.scratch.numbers()[MISSED] as number;
    return this.#foundOrKept(engine, found);
  }

  /** The value just read; of the newest version it is the one that `get` gives. */
  #foundOrKept(engine: Engine, found: number): Found {
    const version = this.#core.scratch.numbers()[VERSION] as number;
    if (version === this.#snapshotVersion && this.#snapshot !== null) {
      return { value: this.#snapshot, meta: this.#meta };
    }
    const read = this.#found(engine, found);
    if (version === engine.version(this.id)) this.#keep(read);
    return read;
  }

  #eachSubscriber(tell: (subscriber: Subscriber) => void): void {
    const members = this.#subscribers.beginWalk();
    const end = members.length;
    for (let at = 0; at < end; at++) {
      const subscriber = members[at] as Subscriber;
      if (subscriber.isLive) tell(subscriber);
    }
    this.#subscribers.endWalk();
  }

  #tell(subscriber: Subscriber, value: unknown, meta: ValueMeta): void {
    try {
      subscriber.callback(value, meta);
    } catch (thrown) {
      this.#report(thrown);
    }
  }

  #tellLag(subscriber: Subscriber, missed: number): void {
    try {
      subscriber.onLag?.(missed);
    } catch (thrown) {
      this.#report(thrown);
    }
  }

  #tellNone(subscriber: Subscriber): void {
    try {
      subscriber.onNone?.();
    } catch (thrown) {
      this.#report(thrown);
    }
  }

  #report(thrown: unknown): void {
    this.#core.report(callbackError(thrown, `record '${this.key}'`, this.key));
  }
}

export function needFunction(callback: unknown, record: string): void {
  if (typeof callback !== 'function') {
    throw new AimDbError('CALLBACK_INVALID', `record '${record}': a callback is a function`, {
      record,
    });
  }
}
