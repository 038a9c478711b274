/**
 * A server's topics, mirrored into the records of a database.
 *
 * The session itself runs in the engine; here are its socket and those who listen to it. Listeners
 * are called in microtasks.
 */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Engine } from '../../wasm/engine.js';
import { type AdoptingDb, Adoption, adoptPatterns } from './adopt.js';
import { type BridgeCalls, CORE, Core } from '../records/core.js';
import type { ContractFile } from '../contract/file.js';
import { AimDbError, badOption, callbackError, calling, fromEngine } from '../errors.js';
import {
  contractsOf,
  FRAME_LENGTH_MAX,
  recordsOf,
  requestOf,
  takeFrame,
  topicsOf,
} from './frames.js';
import type { EndEvent, Frame, SessionEvent } from '../records/host.js';
import { Signal } from '../listeners.js';
import { noteMissed } from '../records/freshness.js';
import { CachedValues } from './cached.js';
import { DeadLetters } from './dead-letters.js';
import { letterOf, settledOf } from './ended.js';
import { type Done, Keeping } from './keeping.js';
import {
  bridgePlan,
  isText,
  needOptions,
  needToken,
  offlineNumber,
  socketUrl,
} from '../options.js';
import { deepFreeze, plainArgument, plainJson } from '../plain.js';
import { Socket } from './socket.js';
import { tokenGiver } from './token.js';
import { soon } from '../turn.js';
import { Writes } from './writes.js';
import type {
  BridgeOptions,
  BridgeStatus,
  DeadWrite,
  DeviceNews,
  EndedElsewhere,
  KeptWrite,
  OfflinePolicy,
  QueryOptions,
  QueryResult,
  SettledWrite,
  SharedDevice,
  SharingTab,
  StoredWrite,
  TopicInfo,
  Unsubscribe,
  NumberedWrite,
  WriteList,
  WriteReceipt,
  WriteStorage,
} from '../types.js';

interface Waiting {
  /** Takes the frame that is the answer. */
  readonly resolve: (frame: Frame | null) => void;
  readonly reject: (error: AimDbError) => void;
}

/** Storages that a bridge has had: what they say of writes and numbers was true when they were asked for. */
const TAKEN = new WeakSet<WriteStorage>();

/** A database, as a bridge needs it: a `WasmDb`. */
export interface BridgedDb extends AdoptingDb {
  /** @internal */
  readonly [CORE]: Core;
}

export class WsBridge {
  /** @internal */
  readonly [CORE]: BridgeCalls = {
    refresh: () => {
      if (!this.#core.isFreed) this.#cached?.restore();
      this.#drive((engine, session) => engine.sessionRefresh(session));
    },
    checkPending: () => this.#checkPending(),
    end: () => this.#end(),
  };
  #core: Core;
  #session: number;
  #socket: Socket;
  #isEnded = false;
  #adoption: Adoption | null = null;
  #keeping: Keeping | null = null;
  #cached: CachedValues | null = null;
  #shared: SharedDevice | null = null;
  /** The epoch under which this tab sends what a shared device has; 0 while another does. */
  #leadsAs = 0;
  /** How the write ended that another tab has heard of, while the engine is told. */
  #endedElsewhere: EndedElsewhere['settled'] | null = null;
  readonly #writes: Writes;
  /** Writes that came to nothing, beside those that a newer value overtook. */
  readonly deadLetters: DeadLetters;
  /** Gets a token for the engine; nothing where the bridge has none to give. */
  #askToken: (() => void) | null = null;
  #status: BridgeStatus = 'connecting';
  #connection = 0;
  #offlineSince = Date.now();
  #pending = 0;
  #requests = new Map<number, Waiting>();
  #lastRequest = 0;

  #statusSignal = new Signal<BridgeStatus>();
  #errorSignal = new Signal<AimDbError>();
  #settledSignal = new Signal<SettledWrite>();
  #storedSignal = new Signal<KeptWrite>();
  #pendingSignal = new Signal<number>();

  /** Begins to mirror the server at `url`; returns at once. */
  static connect(db: BridgedDb, url: string | URL, options?: BridgeOptions): WsBridge {
    const core: unknown = (db as BridgedDb | null | undefined)?.[CORE];
    if (!(core instanceof Core)) throw badOption('a bridge is connected to a WasmDb');
    return new WsBridge(db, core, url, options);
  }

  private constructor(db: BridgedDb, core: Core, url: string | URL, options?: BridgeOptions) {
    const engine = core.open();
    const { session, topics, makeSocket, adopt, storage, token } = bridgePlan(options);
    if (storage && TAKEN.has(storage)) {
      throw badOption('storage is one of another bridge: ask `forWrites()` for each');
    }
    const patterns = adoptPatterns(adopt);
    const address = socketUrl(url);
    this.#core = core;
    const onThrow = (thrown: unknown) => this.#core.report(callbackError(thrown, 'a bridge'));
    this.#writes = new Writes(storage !== undefined && storage.isDurable !== false, onThrow);
    this.deadLetters = new DeadLetters(
      {
        write: (letter) => this.#again(letter),
        keep: (change, isWithLast) => this.#keeping?.add(change, isWithLast),
        onThrow,
      },
      storage?.letters ?? [],
    );
    if (patterns.length > 0) {
      session.subscribeTopics = [...((session.subscribeTopics as string[]) ?? []), ...patterns];
      this.#adoption = new Adoption(db, this.#adopting(), patterns);
    }
    this.#session = calling(() =>
      engine.sessionOpen(plainArgument(session), topics, Math.random()),
    );
    this.#socket = new Socket(
      address,
      makeSocket,
      (input) => this.#drive(input),
      (data) => this.#receive(data),
    );
    core.host.lines.set(this.#session, {
      socket: this.#socket,
      take: (event) => this.#take(event),
      receipt: (write) => this.#writes.receipt(write),
      sent: () => this.#writes.changed(),
      link: () => ({
        isConnected: this.#status === 'connected',
        connection: this.#connection,
        offlineSince: this.#offlineSince,
      }),
    });
    core.bridges.add(this);
    if (token !== undefined) this.#followToken(token);
    if (storage) {
      TAKEN.add(storage);
      const done: Done = (count, isDone, numbers) => {
        const given = Float64Array.from(numbers);
        this.#drive((engine, session) => engine.sessionStored(session, count, isDone, given));
      };
      this.#keeping = new Keeping(storage, done, (error) => this.#report(error));
      // What servers have confirmed first: what was written since stands on it.
      if (storage.values) this.#cached = new CachedValues(core, this.#session, storage.values);
      engine.sessionRestore(this.#session, storage.writes.map(withValue));
      this.#writes.changed();
    }
    engine.sessionStart(this.#session);
    this.#shared = storage?.shared ?? null;
    this.#shared?.join(this.#asTab());
  }

  // ---- state

  status(): BridgeStatus {
    this.#core.open();
    return this.#status;
  }

  /** How many writes wait to be sent or answered. */
  get pendingWrites(): number {
    const engine = this.#core.open();
    return this.#isEnded ? 0 : engine.sessionPending(this.#session);
  }

  /** When it will try to connect again, in Unix milliseconds; null when it does not wait for that. */
  get retryAt(): number | null {
    this.#core.open();
    const waits =
      (this.#status === 'reconnecting' || this.#status === 'needs-auth') && !this.#socket.isInUse;
    return waits ? this.#socket.wakesAt : null;
  }

  /** The keys of the records that were made from the server's topics, by `adopt`. */
  adopted(): string[] {
    this.#core.open();
    return this.#adoption?.keys() ?? [];
  }

  onStatusChange(callback: (status: BridgeStatus) => void): Unsubscribe {
    return this.#listen(this.#statusSignal, callback);
  }

  /** Errors that belong to no write and no request. */
  onError(callback: (error: AimDbError) => void): Unsubscribe {
    return this.#listen(this.#errorSignal, callback);
  }

  /** Called once for each write that went through this bridge, when it is known how it ended. */
  onWriteSettled(callback: (write: SettledWrite) => void): Unsubscribe {
    return this.#listen(this.#settledSignal, callback);
  }

  /** Called once for each write that the device keeps from now on, where the bridge has a storage. */
  onWriteStored(callback: (write: KeptWrite) => void): Unsubscribe {
    return this.#listen(this.#storedSignal, callback);
  }

  onPendingChange(callback: (pending: number) => void): Unsubscribe {
    return this.#listen(this.#pendingSignal, callback);
  }

  /** The writes that wait, and those that ended last; the same object until something changed. */
  writes(): WriteList {
    // Who is told of the end looks once more.
    return this.#writes.list(() =>
      this.#isEnded ? [] : this.#core.open().sessionWrites(this.#session),
    );
  }

  /** Called in a microtask, once per turn in which `writes` may have changed. */
  onWritesChange(callback: () => void): Unsubscribe {
    return this.#listen(this.#writes.changes, callback);
  }

  // ---- commands

  /** Follows more patterns; one that is followed already is asked for its values again. */
  subscribe(topics: readonly string[]): void {
    const engine = this.#open();
    engine.sessionSubscribe(this.#session, texts(topics));
  }

  unsubscribe(topics: readonly string[]): void {
    const engine = this.#open();
    engine.sessionUnsubscribe(this.#session, texts(topics));
  }

  /** Writes a topic that need not be a record here; the receipt tells what becomes of it. */
  write(topic: string, payload: unknown, options: { offline?: OfflinePolicy } = {}): WriteReceipt {
    const engine = this.#open();
    if (!isText(topic)) throw badOption('a topic is a text');
    needOptions(options, ['offline'], 'write');
    const text = payloadText(topic, payload);
    return this.#write(engine, topic, text, offlineNumber(options.offline));
  }

  /** The topics that the server has. */
  async listTopics(): Promise<TopicInfo[]> {
    return this.#ask(topicsOf, (engine, request) =>
      engine.sessionListTopics(this.#session, request),
    );
  }

  /** The contracts of these names that the server has, as contract files. */
  async contracts(names: readonly string[]): Promise<readonly ContractFile[]> {
    const list = texts(names);
    return this.#ask(contractsOf, (engine, request) =>
      engine.sessionContracts(this.#session, request, list),
    );
  }

  /** What the server kept of the topics that match. */
  async query(pattern: string, options: QueryOptions = {}): Promise<QueryResult> {
    if (!isText(pattern)) throw badOption('a pattern is a text');
    needOptions(options, ['from', 'to', 'limit'], 'query');
    const { from, to, limit } = options;
    for (const [name, bound] of Object.entries({ from, to, limit })) {
      if (bound !== undefined && !(typeof bound === 'number' && bound >= 0)) {
        throw badOption(`${name} must be a number from 0`);
      }
    }
    return this.#ask(recordsOf, (engine, request) =>
      engine.sessionQuery(this.#session, request, pattern, from, to, limit),
    );
  }

  /** Tries now, instead of at `retryAt`, or again after it gave up; asks for a token anew where one is needed. */
  reconnect(): void {
    const engine = this.#open();
    if (this.#status === 'disconnected') engine.sessionStart(this.#session);
    else engine.sessionNetwork(this.#session, true);
  }

  /**
   * Asks for a token now and shows it to the server, in the open connection where there is one: what a user may do has changed.
   * With `token`, that is where tokens come from, now and later.
   */
  renewToken(token?: BridgeOptions['token']): void {
    this.#open();
    if (this.#askToken === null) {
      throw badOption('this bridge was connected without a token: connect a new one with it');
    }
    if (token !== undefined) {
      needToken(token);
      this.#followToken(token);
    }
    this.#askToken();
  }

  /**
   * Ends the bridge: writes that wait are reported as dropped, but for those that a device has, which go on with the next one. Calling it
   * again does nothing.
   */
  disconnect(): void {
    if (this.#isEnded || this.#core.isFreed) return;
    const engine = this.#core.open();
    this.#cached?.end();
    engine.sessionEnd(this.#session);
    this.#end();
    this.#core.bridges.delete(this);
  }

  /** The same as `disconnect`. */
  free(): void {
    this.disconnect();
  }

  [Symbol.dispose](): void {
    this.disconnect();
  }

  // ---- inside

  #followToken(token: Exclude<BridgeOptions['token'], undefined>): void {
    const ask = tokenGiver(
      token,
      (given) => {
        // Of one that was put in the place of another, only the last counts.
        if (this.#askToken === ask) {
          this.#drive((engine, session) => engine.sessionToken(session, given));
        }
      },
      (error) => this.#isEnded || this.#askToken !== ask || this.#report(error),
    );
    this.#askToken = ask;
  }

  #write(engine: Engine, topic: string, payload: string, offline: number): WriteReceipt {
    const write = engine.sessionWrite(this.#session, topic, payload, offline);
    this.#core.wrote();
    return this.#writes.receipt(write);
  }

  /** Makes a write that came to nothing anew: through its record, where that is here. */
  #again({ key, topic, payload, offline, value }: DeadWrite): WriteReceipt {
    const engine = this.#open();
    const view = key === undefined ? undefined : this.#core.viewsByKey.get(key);
    return view ? view.set(value) : this.#write(engine, topic, payload, offline);
  }

  #checkPending(): void {
    this.#writes.changed();
    const pending = this.#isEnded || this.#core.isFreed ? 0 : this.pendingWrites;
    if (pending === this.#pending) return;
    this.#pending = pending;
    this.#emit(this.#pendingSignal, pending);
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#socket.end();
    this.#shared?.leave();
    this.#cached?.end();
    this.#writes.end();
    this.#core.host.lines.delete(this.#session);
    soon(() => this.#checkPending());
  }

  /** The engine, for a command. */
  #open(): Engine {
    const engine = this.#core.open();
    if (this.#isEnded) throw disconnected();
    return engine;
  }

  #drive(input: (engine: Engine, session: number) => void): void {
    if (this.#isEnded || this.#core.isFreed) return;
    if (this.#core.host.isBusy) soon(() => this.#drive(input));
    else input(this.#core.open(), this.#session);
  }

  #ask<T>(
    read: (frame: Frame | null) => T,
    ask: (engine: Engine, request: number) => void,
  ): Promise<T> {
    const engine = this.#open();
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    return new Promise((resolve, reject) => {
      this.#requests.set(request, {
        resolve: (frame) => {
          try {
            resolve(deepFreeze(read(frame)));
          } catch (cause) {
            reject(unreadable(cause));
          }
        },
        reject,
      });
      try {
        ask(engine, request);
      } catch (failure) {
        this.#requests.delete(request);
        reject(fromEngine(failure));
      }
    });
  }

  /** Takes what the socket brings. */
  #receive(data: unknown): void {
    if (typeof data !== 'string') {
      this.#report(new AimDbError('FRAME_BINARY', 'the server sent a frame that is no text'));
    } else if (data.length > FRAME_LENGTH_MAX) {
      const message = `the server sent a frame of ${data.length} characters; at most ${FRAME_LENGTH_MAX} are read`;
      this.#report(new AimDbError('FRAME_TOO_LARGE', message));
    } else {
      this.#drive((engine, session) => {
        const topic = takeFrame(this.#core, engine, session, data, (error) =>
          this.#later(() => this.#report(error)),
        );
        if (topic !== undefined) this.#adoption?.sees(topic);
      });
    }
  }

  /** Takes an event in the middle of the engine's work: notes it, and tells others later. */
  #take(event: SessionEvent): void {
    switch (event.type) {
      case 'status': {
        const status = event.status as BridgeStatus;
        if (this.#status === 'connected') this.#offlineSince = Date.now();
        this.#status = status;
        if (status === 'connected') this.#connection += 1;
        this.#core.freshnessChanged();
        if (status === 'connected') this.#later(() => this.#isEnded || this.#adoption?.refresh());
        this.#later(() => this.#emit(this.#statusSignal, status));
        break;
      }
      case 'token':
        this.#askToken?.();
        break;
      case 'settled':
        this.#settle(event);
        break;
      case 'store': {
        const { type: _, number, ...write } = event;
        this.#keeping?.add({ put: { ...write, write: number } });
        break;
      }
      case 'unstore': {
        const { frame } = this.#core.host;
        const letter = event.dead ? { letter: letterOf(event, frame) } : {};
        this.#keeping?.add({ remove: event.number, settled: settledOf(event, frame), ...letter });
        break;
      }
      case 'stored': {
        const { write, topic } = event;
        this.#writes.noteStored(write);
        this.#later(() => this.#emit(this.#storedSignal, Object.freeze({ write, topic })));
        break;
      }
      case 'overtaken':
        this.#shared?.overtaken();
        break;
      case 'lag': {
        const view = this.#core.views[event.record ?? -1];
        if (view) noteMissed(view, this.#connection, event.missed);
        this.#core.freshnessChanged();
        this.#later(() => view?.lagged(event.missed));
        break;
      }
      case 'fresh':
        this.#core.freshnessChanged();
        break;
      case 'gone':
        this.#later(() => this.#isEnded || this.#adoption?.gone(event.topic));
        break;
      case 'answer': {
        const waiting = this.#requests.get(event.request);
        this.#requests.delete(event.request);
        // The frame is read only later: no size or shape of it may disturb the engine.
        const frame = this.#core.host.frame ?? null;
        if ('error' in event) waiting?.reject(fromEngine(event.error));
        else this.#later(() => waiting?.resolve(frame));
        break;
      }
      case 'error':
        this.#rejectUnread(this.#core.host.frame);
        this.#later(() => this.#report(fromEngine(event.error)));
    }
  }

  /** Who asked hears at once that the answer cannot be read, and does not wait for another. */
  #rejectUnread(frame: Frame | null | undefined): void {
    const request = frame ? requestOf(frame) : undefined;
    const waiting = this.#requests.get(request ?? -1);
    if (request === undefined || waiting === undefined) return;
    this.#requests.delete(request);
    waiting.reject(unreadable());
  }

  /** What a device that other tabs write to, too, may ask of this bridge. */
  #asTab(): SharingTab {
    return {
      isConnected: () => this.#status === 'connected',
      waits: () => !this.#isEnded && !this.#core.isFreed && this.pendingWrites > 0,
      waiting: () => {
        if (this.#isEnded || this.#core.isFreed) return [];
        const writes = this.#core.open().sessionWrites(this.#session) as NumberedWrite[];
        return writes.filter(({ number }) => number > 0);
      },
      lead: (epoch) => {
        this.#leadsAs = epoch;
        const tell = () =>
          this.#drive((engine, session) => engine.sessionLead(session, this.#leadsAs));
        if (epoch > 0) return this.#keeping?.between(tell);
        // At once: what it cannot mark any more must not go, and what it asked for is another's to do.
        this.#keeping?.disown();
        tell();
      },
      hear: ({ writes = [], ...news }) => {
        // At once: they go before what this tab is about to be given numbers for.
        if (writes.length > 0) {
          this.#drive((engine, session) => engine.sessionRestore(session, writes.map(withValue)));
        }
        // And how one of its own ended comes after that has got its number.
        this.#keeping?.between(() => this.#drive((engine) => this.#hear(engine, news)));
      },
    };
  }

  #hear(engine: Engine, { ended = [], letters }: DeviceNews): void {
    for (const { number, settled } of ended) {
      this.#endedElsewhere = settled;
      engine.sessionEnded(this.#session, number, settled);
    }
    this.#endedElsewhere = null;
    if (letters) this.#later(() => this.deadLetters.reset(letters));
    this.#core.checkPendingSoon();
  }

  /** What the adoption may ask of this bridge. */
  #adopting() {
    return {
      listTopics: () => this.listTopics(),
      contracts: (names: readonly string[]) => this.contracts(names),
      isMirrored: (topic: string) =>
        this.#core.open().sessionRecord(this.#session, topic) !== undefined,
      report: (error: AimDbError) => this.#report(error),
    };
  }

  #settle(event: EndEvent): void {
    const told = settledOf(event, this.#core.host.frame);
    const settled = this.#endedElsewhere
      ? Object.freeze({ ...told, ...this.#endedElsewhere, write: told.write, topic: told.topic })
      : told;
    this.#core.checkPendingSoon();
    this.#writes.noteSettled(settled);
    // Where another tab sends, the device tells of its letters.
    if (event.dead && !this.#endedElsewhere) {
      const letter = letterOf(event, this.#core.host.frame);
      this.#later(() => this.deadLetters.add(letter));
    }
    this.#later(() => this.#emit(this.#settledSignal, settled));
  }

  #later(tell: () => void): void {
    soon(tell);
  }

  #listen<T>(signal: Signal<T>, callback: (value: T) => void): Unsubscribe {
    this.#core.open();
    if (typeof callback !== 'function') {
      throw new AimDbError('CALLBACK_INVALID', 'a callback is a function');
    }
    return signal.listen(callback);
  }

  #emit<T>(signal: Signal<T>, value: T): void {
    signal.emit(value, (thrown) => this.#core.report(callbackError(thrown, 'a bridge')));
  }

  /** To those who listen here, else to those who listen to the database, else to the console. */
  #report(error: AimDbError): void {
    if (this.#errorSignal.isHeard) this.#emit(this.#errorSignal, error);
    else this.#core.report(error);
  }
}

/** A kept write with its value, which the engine does not read from text. */
function withValue(write: StoredWrite): object {
  try {
    return { ...write, value: JSON.parse(write.payload) as unknown };
  } catch {
    // No record shows it; the server says what is wrong with it.
    return write;
  }
}

function unreadable(cause?: unknown): AimDbError {
  const message = 'the server sent an answer that cannot be read';
  return new AimDbError('FRAME_INVALID', message, cause === undefined ? {} : { cause });
}

function disconnected(): AimDbError {
  return new AimDbError('DISCONNECTED', 'this bridge was disconnected: connect a new one');
}

function texts(topics: readonly string[]): string[] {
  // A copy has no holes, which `every` would pass over.
  const list: unknown[] = Array.isArray(topics) ? [...topics] : [undefined];
  if (!list.every(isText)) throw badOption('topics must be a list of patterns');
  return list;
}

/** A payload as JSON text; what JSON would change or leave out in silence is an error with its place. */
function payloadText(topic: string, payload: unknown): string {
  const judged = plainJson(payload);
  if ('copy' in judged) return JSON.stringify(judged.copy);
  const { path, got } = judged;
  const at = path === '' ? '' : ` at '${path}'`;
  const message = `the payload for '${topic}' is no JSON${at}: got ${got}`;
  throw new AimDbError('PAYLOAD_INVALID', message, { topic, path });
}
