/**
 * The database of this tab, its bridge, and whether this tab sends what the device has written.
 *
 * Guarantees: the tab that somebody uses is the one that sends; a tab that steps down loses no write, and one that closes
 * is followed by another at once. Does not: know what is shown.
 */
import init, {
  type DeadLetters,
  type DeadWrite,
  WasmDb,
  type WriteReceipt,
  type WriteStorage,
} from '@aimdb/wasm';
import { type DeviceStorage, openStorage } from '@aimdb/wasm/storage';
import { Listeners } from './listeners.js';
import { keyOf, type Linked, Outbox } from './outbox.js';
import { problems } from './problems.js';
import { type Command, type Input, type Key, newId, type Records, records } from './records.js';

/** Held by the tab that sends. */
const LOCK = 'aimdb-field-sender';

export class Session {
  readonly db: WasmDb<Records>;
  readonly storage: DeviceStorage;
  readonly outbox: Outbox;
  readonly #url: string;
  readonly #listeners = new Listeners();
  #linked: Linked | null = null;
  /** Changes of role, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #waitsForLock: AbortController | null = null;
  #releaseLock: () => void = () => {};

  private constructor(db: WasmDb<Records>, storage: DeviceStorage, url: string) {
    this.db = db;
    this.storage = storage;
    this.#url = url;
    this.outbox = new Outbox(storage);
  }

  /** `url` is the server's socket. */
  static async start(url: string): Promise<Session> {
    const [storage] = await Promise.all([openStorage({ onNotice: problems.notice }), init()]);
    const db = new WasmDb().configureRecords(records);
    const session = new Session(db, storage, url);
    if (document.visibilityState === 'visible') await session.becomeSender();
    else session.#follow();
    const onUse = () => {
      if (document.visibilityState === 'visible' && document.hasFocus()) {
        void session.becomeSender();
      }
    };
    addEventListener('focus', onUse);
    document.addEventListener('visibilitychange', onUse);
    return session;
  }

  readonly subscribe = this.#listeners.add;
  readonly linked = (): Linked | null => this.#linked;

  /** Writes a value; throws a `ContractViolation` for what the contract refuses. */
  async write<K extends Key>(key: K, value: Input<K>): Promise<WriteReceipt> {
    await this.becomeSender();
    return this.db.set(key, value);
  }

  /** Writes anew what came to nothing. */
  async retry(letter: DeadWrite): Promise<void> {
    await this.becomeSender();
    const letters = this.#letters();
    const key = keyOf(letter);
    if (key !== 'field.commands') {
      letters?.retry(letter.write);
      return;
    }
    // A command is given now, and not when it was given first.
    this.db.set(key, { ...(letter.value as Command), id: newId(), timestamp: Date.now() });
    letters?.discard(letter.write);
  }

  async discard(letter: DeadWrite): Promise<void> {
    await this.becomeSender();
    this.#letters()?.discard(letter.write);
  }

  /** Makes this tab the one that sends, unless it is. */
  becomeSender(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#linked?.isSender) return;
      // The epoch grows first: whatever the tab before still wants to change is refused from here on.
      const storage = await this.storage.forWrites();
      this.#link(storage);
      this.#holdLock();
    });
  }

  #letters(): DeadLetters | undefined {
    return this.#linked?.bridge.deadLetters;
  }

  /** Another tab sends in the place of this one, unless this one has taken over again since. */
  #stepDown(from: Linked | null): Promise<void> {
    return this.#inTurn(async () => {
      if (from === this.#linked) this.#follow();
    });
  }

  /** Shows what others do, until it is this tab's turn. */
  #follow(): void {
    this.#releaseLock();
    this.#link(undefined);
    this.#waitForLock();
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(change);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Connects anew, as the tab that sends if it has the storage. What the device has goes on with whoever sends next. */
  #link(storage: WriteStorage | undefined): void {
    this.#linked?.bridge.disconnect();
    const bridge = this.db.connectBridge(this.#url, { subscribeTopics: ['field/#'], storage });
    const linked = { bridge, isSender: storage !== undefined };
    bridge.onError((error) => {
      if (error.code === 'STORAGE_TAKEN_OVER') void this.#stepDown(linked);
      problems.error(error);
    });
    this.#linked = linked;
    this.outbox.follow(linked);
    this.#listeners.tell();
  }

  /** Takes the lock from whoever has it; without locks the storage alone tells that another tab took over. */
  #holdLock(): void {
    this.#waitsForLock?.abort();
    this.#waitsForLock = null;
    const from = this.#linked;
    const hold = () =>
      new Promise<void>((resolve) => {
        this.#releaseLock = resolve;
      });
    // It rejects when another tab takes the lock.
    navigator.locks?.request(LOCK, { steal: true }, hold).catch(() => this.#stepDown(from));
  }

  /** Follows the tab that sends, when that closes. */
  #waitForLock(): void {
    const waits = new AbortController();
    this.#waitsForLock = waits;
    const held = navigator.locks?.request(LOCK, { signal: waits.signal }, async () => {
      if (this.#waitsForLock !== waits) return;
      void this.becomeSender();
    });
    held?.catch(() => {});
  }
}
