/**
 * A device that several tabs write to: each stores what it writes, one sends, and all hear how it ended.
 *
 * Guarantees: what the database says counts, and messages only say that it changed; a write has a number before anybody else hears of
 * it, and who sends hears of each before of any with a higher number; that one has ended is told when the database has it no more; a tab that does not send marks and removes nothing. Does not: talk to
 * a server.
 */
import type {
  DeviceNews,
  EndedElsewhere,
  SharedDevice,
  SharingTab,
  StorageChange,
  StoredLetter,
  StoredWrite,
  NumberedWrite,
} from '../../types.js';
import { AimDbError } from '../../errors.js';
import { OFFLINE_LATEST } from '../../numbers.js';
import type { OutboxOperation } from '../types.js';
import { deleted, takenOver } from '../errors.js';
import type { Candidate, Election } from './election.js';

/** A tab that waits for its writes asks the one that sends so often whether it is there. */
const ASK_EVERY_MS = 250;
/** After so many questions without a good answer it takes over. */
const ASKED_MAX = 2;
/** A tab that was overtaken without being told waits so long before it takes over again. */
const OVERTAKEN_MS = 1_000;

/** A write as the database has it. */
export interface Row {
  readonly id: number;
  readonly handedOver: boolean;
  readonly entry: StoredWrite;
}

/** What is needed of a storage. */
export interface TabStore {
  readonly client: string;
  /** As `DeviceStorage.commit`; with an epoch only as long as no other tab took over. This, and what is below, rejects with `STORAGE_DELETED` where the database was. */
  commit(operations: readonly OutboxOperation[], epoch?: number): Promise<readonly number[]>;
  takeOver(): Promise<{ readonly epoch: number }>;
  /** The writes of this client behind a number, with their marks. */
  after(number: number): Promise<Row[]>;
  letters(): Promise<StoredLetter[]>;
}

/** What tabs tell each other. */
type Message =
  | { readonly type: 'stored' }
  | { readonly type: 'leads'; readonly epoch: number }
  | { readonly type: 'letters' }
  | { readonly type: 'ended'; readonly ended: readonly EndedElsewhere[]; readonly letters: boolean }
  | { readonly type: 'ask' }
  | { readonly type: 'here'; readonly isConnected: boolean };

export class Tabs implements SharedDevice {
  readonly #store: TabStore;
  readonly #channel: BroadcastChannel;
  readonly #elect: (candidate: Candidate) => Election;
  #election: Election | null = null;
  #tab: SharingTab | null = null;
  /** The epoch under which this tab sends; 0 while it does not. */
  #epoch = 0;
  /** The highest epoch that was heard of. */
  #lastEpoch = 0;
  /** The database was deleted under the page: what waits is known to the tabs alone. */
  #isDeleted = false;
  /** All rows up to here were looked at. */
  #scanned: number;
  /** Numbers behind it that this tab was given. */
  #given = new Set<number>();
  /** The highest number that was looked at or given. */
  #known: number;
  #isScanAsked = false;
  #last: Promise<unknown> = Promise.resolve();
  #asking: ReturnType<typeof setInterval> | undefined;
  #asked = 0;
  #stopNews: (() => void) | null = null;

  constructor(
    store: TabStore,
    channel: BroadcastChannel,
    scanned: number,
    elect: (candidate: Candidate) => Election,
  ) {
    this.#store = store;
    this.#channel = channel;
    this.#scanned = scanned;
    this.#known = scanned;
    this.#elect = elect;
  }

  join(tab: SharingTab): void {
    this.#tab = tab;
    this.#channel.onmessage = ({ data }) => this.#hear(data as Message);
    this.#scanSoon();
    // What an earlier run of this tab stored, and told nobody of, waits for whoever sends.
    if (tab.waits()) this.#say({ type: 'stored' });
    this.#askWhileWaiting();
    this.#election = this.#elect({ won: () => this.#lead(), lost: () => this.#follow() });
    this.#stopNews = hearOfReturn(() => this.#lookAgain());
  }

  leave(): void {
    this.#tab = null;
    this.#epoch = 0;
    clearInterval(this.#asking);
    this.#stopNews?.();
    // What is under way is done first, so that who comes next finds it.
    void this.#last.then(() => {
      this.#election?.leave();
      this.#channel.close();
    });
  }

  overtaken(): void {
    if (this.#epoch === 0) return;
    this.#follow();
    setTimeout(() => this.#election?.again(), OVERTAKEN_MS);
  }

  /** Makes changes, as far as this tab may: what only the sender does is left to the one that is. */
  keep(changes: readonly StorageChange[]): Promise<readonly number[]> {
    const askedUnder = this.#epoch;
    return this.#inTurn(async () => {
      const numbers = await this.#keep(changes, askedUnder);
      const [first = 0] = numbers;
      const known = this.#known;
      this.#noteGiven(numbers);
      // What others wrote before goes before: who sends hears of it first.
      if (this.#epoch > 0 && first > known + 1) await this.#scan();
      this.#tellOthers(changes, numbers.length > 0);
      this.#askWhileWaiting();
      return numbers;
    });
  }

  /** Where only numbers of this tab follow on what was looked at there is nothing else to look at. */
  #noteGiven(numbers: readonly number[]): void {
    for (const number of numbers) this.#given.add(number);
    this.#known = Math.max(this.#known, numbers.at(-1) ?? 0);
    while (this.#given.delete(this.#scanned + 1)) this.#scanned += 1;
  }

  async #keep(changes: readonly StorageChange[], askedUnder: number): Promise<readonly number[]> {
    const numbers = await this.#unlessDeleted(() => this.#commit(changes, askedUnder));
    if (numbers) return numbers;
    // What was there is forgotten and marked by itself; nothing new can be kept.
    if (changes.some(isNew)) throw deleted();
    return [];
  }

  async #commit(changes: readonly StorageChange[], askedUnder: number): Promise<readonly number[]> {
    const isPlain = changes.every(isOfAny);
    // Who took over again without knowing that another sent meanwhile may want to drop what that one has sent; how the server
    // answered stays true.
    const isOfNow = this.#epoch === askedUnder || changes.every(isAnswer);
    if (this.#epoch > 0 && isOfNow) {
      const epoch = isPlain ? undefined : this.#epoch;
      try {
        return await this.#store.commit(changes.map(this.#operation), epoch);
      } catch (thrown) {
        if (codeOf(thrown) !== 'STORAGE_TAKEN_OVER') throw thrown;
        this.#follow();
        this.#election?.again();
      }
    }
    if (!changes.every((change) => isOfAny(change) || isNew(change))) throw takenOver();
    return await this.#store.commit(changes.map(unmarked).map(this.#operation));
  }

  /** Does it unless the database was deleted: what is in another one says nothing of what waits here. */
  async #unlessDeleted<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#isDeleted) return undefined;
    try {
      return await work();
    } catch (thrown) {
      if (codeOf(thrown) !== 'STORAGE_DELETED') throw thrown;
      this.#isDeleted = true;
      return undefined;
    }
  }

  readonly #operation = (change: StorageChange): OutboxOperation => {
    const { client } = this.#store;
    if ('forget' in change) return { op: 'forget', client, id: change.forget };
    if ('remove' in change) {
      const { remove: id, letter } = change;
      return { op: 'remove', client, id, ...(letter ? { letter } : {}) };
    }
    const { write: id, handedOver } = change.put;
    if (id === 0) return { op: 'append', client, entry: change.put, handedOver };
    return handedOver
      ? { op: 'handOver', client, id }
      : { op: 'put', client, id, entry: change.put };
  };

  /** Tells other tabs what the database has now; only who sends tells of ends. */
  #tellOthers(changes: readonly StorageChange[], hasNew: boolean): void {
    if (hasNew) this.#say({ type: 'stored' });
    const ended: EndedElsewhere[] = [];
    let letters = false;
    for (const change of changes) {
      if ('forget' in change) letters = true;
      if (!('remove' in change) || this.#epoch === 0) continue;
      ended.push({ number: change.remove, settled: change.settled });
      letters ||= change.letter !== undefined;
    }
    if (ended.length > 0) this.#say({ type: 'ended', ended, letters });
    else if (letters) this.#say({ type: 'letters' });
  }

  // ---- who sends

  /** This tab sends: nobody else marks or removes anything from here on, so what the database says is final. */
  async #lead(): Promise<void> {
    const taken = await this.#unlessDeleted(() => this.#store.takeOver());
    const epoch = taken?.epoch ?? this.#lastEpoch + 1;
    this.#lastEpoch = epoch;
    await this.#inTurn(async () => {
      // It never heard that another one sent meanwhile.
      if (this.#epoch > 0) this.#tab?.lead(0);
      await this.#reconcile(true);
      this.#epoch = epoch;
      this.#tab?.lead(epoch);
      // Who sent before may have died between an end and the telling.
      this.#say({ type: 'leads', epoch });
    });
  }

  #follow(): void {
    this.#epoch = 0;
    this.#asked = 0;
    this.#tab?.lead(0);
    this.#askWhileWaiting();
    // While it believed that it sends it did not look for what others had ended.
    this.#lookAgain();
  }

  /** This tab may not have heard all: who sends needs what waits, another one also what has ended. */
  #lookAgain(): void {
    if (this.#epoch > 0) this.#scanSoon();
    else this.#later(() => this.#reconcile(false));
  }

  #askWhileWaiting(): void {
    if (this.#asking !== undefined || this.#tab === null) return;
    this.#asking = setInterval(() => this.#ask(), ASK_EVERY_MS);
  }

  #ask(): void {
    if (this.#epoch > 0 || !this.#tab?.waits()) {
      clearInterval(this.#asking);
      this.#asking = undefined;
      this.#asked = 0;
    } else if (!this.#tab.isConnected()) {
      // Nobody could send it sooner.
      this.#asked = 0;
    } else if (this.#asked < ASKED_MAX) {
      this.#asked += 1;
      this.#say({ type: 'ask' });
    } else {
      this.#asked = 0;
      this.#election?.takeAway();
    }
  }

  // ---- what others do

  #say(message: Message): void {
    this.#channel.postMessage(message);
  }

  #hear(message: Message): void {
    switch (message.type) {
      case 'stored':
        this.#scanSoon();
        return;
      case 'leads':
        this.#lastEpoch = Math.max(this.#lastEpoch, message.epoch);
        this.#lookAgain();
        return;
      case 'letters':
        this.#later(() => this.#readLetters());
        return;
      case 'ended':
        this.#later(async () => {
          this.#tell({ ended: message.ended });
          if (message.letters) await this.#readLetters();
        });
        return;
      case 'ask': {
        const isConnected = this.#tab?.isConnected() ?? false;
        if (this.#epoch === 0) return;
        this.#say({ type: 'here', isConnected });
        // What is waited for here may have been told while this tab heard nothing.
        this.#scanSoon();
        return;
      }
      case 'here':
        if (message.isConnected) this.#asked = 0;
    }
  }

  #scanSoon(): void {
    if (this.#isScanAsked) return;
    this.#isScanAsked = true;
    this.#later(() => {
      this.#isScanAsked = false;
      return this.#scan();
    });
  }

  async #scan(): Promise<void> {
    const rows = await this.#unlessDeleted(() => this.#store.after(this.#scanned));
    if (!rows) return;
    const fresh = rows.filter(({ id }) => !this.#given.has(id));
    this.#noteScanned(rows);
    if (fresh.length > 0) this.#tell({ writes: fresh.map(writeOf) });
  }

  /** Numbers are given in the order of the transactions: below the highest that was seen nothing new can come. */
  #noteScanned(rows: readonly Row[]): void {
    this.#scanned = Math.max(this.#scanned, rows.at(-1)?.id ?? 0);
    this.#known = Math.max(this.#known, this.#scanned);
    for (const number of this.#given) if (number <= this.#scanned) this.#given.delete(number);
  }

  async #readLetters(): Promise<void> {
    this.#tell({ letters: await this.#store.letters() });
  }

  /** Brings the tab to what the database says: what that has no more has ended. */
  async #reconcile(isForSending: boolean): Promise<void> {
    const tab = this.#tab;
    if (tab === null || (this.#epoch > 0 && !isForSending)) return;
    // Before the rows are read: what is numbered meanwhile is not in them.
    const waiting = tab.waiting();
    const rows = await this.#unlessDeleted(() => this.#store.after(0));
    if (!rows) return;
    const there = new Set(rows.map(({ id }) => id));
    const gone = waiting.filter(({ number }) => !there.has(number));
    const fresh = rows.filter(({ id }) => id > this.#scanned && !this.#given.has(id));
    this.#noteScanned(rows);
    const letters = gone.length > 0 ? await this.#store.letters() : [];
    // Who sends has to know of each whether it may have left.
    const writes = (isForSending ? rows : fresh).map(writeOf);
    const ended = gone.map((write) => ({ number: write.number, settled: endOf(write, letters) }));
    this.#tell({ writes, ended, ...(gone.length > 0 ? { letters } : {}) });
  }

  #tell(news: DeviceNews): void {
    this.#tab?.hear(news);
    if (news.writes && news.writes.length > 0) this.#askWhileWaiting();
  }

  /** What fails here the storage tells to whoever writes next; the next look finds what this one has not. */
  #later(work: () => Promise<void>): void {
    this.#inTurn(work).catch(() => {});
  }

  /** One after the other, so that a write has its number before anybody tells how it ended. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => {});
    return next;
  }
}

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof AimDbError ? thrown.code : undefined;
}

function isNew(change: StorageChange): boolean {
  return 'put' in change && change.put.write === 0;
}

/** Whether any tab may make a change, whether it sends or not. */
function isOfAny(change: StorageChange): boolean {
  return 'forget' in change || (isNew(change) && 'put' in change && !change.put.handedOver);
}

function isAnswer(change: StorageChange): boolean {
  return 'remove' in change && change.settled.outcome !== 'dropped';
}

/** A write that will not be sent from here. */
function unmarked(change: StorageChange): StorageChange {
  return 'put' in change ? { put: { ...change.put, handedOver: false } } : change;
}

function writeOf({ id, handedOver, entry }: Row): StoredWrite {
  return { ...entry, write: id, handedOver };
}

/**
 * How a write ended that the database has no more: what is no dead letter was taken, unless a newer one may have taken its place, which
 * leaves no letter either.
 */
function endOf(
  { number, offline }: NumberedWrite,
  letters: readonly StoredLetter[],
): EndedElsewhere['settled'] {
  const letter = letters.find(({ write }) => write === number);
  if (!letter && offline === OFFLINE_LATEST) return { outcome: 'unknown', reason: 'forgotten' };
  if (!letter) return { outcome: 'acknowledged' };
  const { payload: _, offline: __, version: ___, at: ____, ...settled } = letter;
  return settled;
}

/** Hears that the page is back: it may have been frozen, and not have heard what the others told. */
function hearOfReturn(back: () => void): () => void {
  const scope: Partial<EventTarget> = globalThis;
  const page = typeof document === 'undefined' ? undefined : document;
  const visible = () => page?.visibilityState === 'visible' && back();
  scope.addEventListener?.('pageshow', back);
  page?.addEventListener('resume', back);
  page?.addEventListener('visibilitychange', visible);
  return () => {
    scope.removeEventListener?.('pageshow', back);
    page?.removeEventListener('resume', back);
    page?.removeEventListener('visibilitychange', visible);
  };
}
