/**
 * What this device has written and where each write is: the one place that knows how the bridge tells it.
 *
 * Guarantees: a write is listed from the moment that it is made until somebody has seen how it ended; what came to nothing
 * becomes a dead letter. Does not: send anything; the bridge does.
 */
import type { SettledWrite, StoredWrite, WriteStorage, WsBridge } from '@aimdb/wasm';
import type { DeadLetter, DeviceStorage } from '@aimdb/wasm/storage';
import { Listeners } from './listeners.js';

/** A write that has not ended: on its way to the disk, on the disk, or with the server. */
export interface Waiting {
  readonly write: number;
  readonly key: string;
  readonly value: unknown;
  readonly state: 'local' | 'stored' | 'sent';
  /** When it is worthless, in Unix milliseconds. */
  readonly expiresAt?: number | undefined;
}

/** A write that has ended and that nobody has to look at. */
export interface Ended {
  readonly write: number;
  readonly key: string;
  readonly value: unknown;
  readonly state: 'acknowledged' | 'superseded';
  readonly at: number;
}

/** A write that came to nothing. */
export interface Letter {
  readonly key: string;
  readonly value: unknown;
  readonly state: 'refused' | 'expired' | 'dropped' | 'unknown';
  readonly reason: string;
  readonly message: string;
  readonly at: number;
}

export interface OutboxState {
  /** In the order in which they were made. */
  readonly waiting: readonly Waiting[];
  /** The newest first. */
  readonly letters: readonly DeadLetter<Letter>[];
  /** The newest first. */
  readonly ended: readonly Ended[];
}

/** Ends that are remembered. */
const ENDED_MAX = 30;
const EMPTY: OutboxState = { waiting: [], letters: [], ended: [] };

export class Outbox {
  readonly #storage: DeviceStorage;
  readonly #listeners = new Listeners();
  /** Tells the other tabs that something has changed here. */
  readonly #channel =
    typeof BroadcastChannel === 'function' ? new BroadcastChannel('aimdb-field') : null;
  /** Of the sending tab, by number: all that it knows of its writes without asking the disk. */
  readonly #mine = new Map<number, Waiting>();
  #sender: { readonly client: string; isSending: boolean } | null = null;
  #state = EMPTY;
  #isReading = false;
  #isStale = false;

  constructor(storage: DeviceStorage) {
    this.#storage = storage;
    this.#channel?.addEventListener('message', () => this.refresh());
  }

  readonly subscribe = this.#listeners.add;
  readonly get = (): OutboxState => this.#state;

  /**
   * What a bridge gets to keep its writes: the storage, overheard. Nothing passes once `stepDown` was called, so that a
   * bridge that ends because another tab sends now cannot take that tab's writes with it.
   */
  overhear(storage: WriteStorage): WriteStorage {
    const sender = { client: storage.client, isSending: true };
    this.#sender = sender;
    this.#mine.clear();
    for (const write of storage.writes) this.#note(write, true);
    this.#mineChanged();
    const keep: WriteStorage['keep'] = async (changes) => {
      if (!sender.isSending) throw new Error('another tab sends now');
      for (const change of changes) if ('put' in change) this.#note(change.put, false);
      this.#mineChanged();
      await storage.keep(changes);
      for (const change of changes) if ('put' in change) this.#note(change.put, true);
      this.#mineChanged();
      this.#tellOthers();
    };
    return { ...storage, keep };
  }

  /** Listens to how the writes of a bridge end. */
  follow(bridge: WsBridge): void {
    const sender = this.#sender;
    bridge.onWriteSettled((write) => {
      if (sender === this.#sender && sender?.isSending !== false) void this.#settle(write);
    });
  }

  /** Another tab sends from now on: what waits is that tab's, and is read from the disk. */
  stepDown(): void {
    if (this.#sender) this.#sender.isSending = false;
    this.#sender = null;
    this.#mine.clear();
    this.refresh();
  }

  /** Reads the disk again; calls while one reading is under way are one more. */
  refresh(): void {
    this.#isStale = true;
    if (!this.#isReading) void this.#read();
  }

  async discard({ client, id }: DeadLetter): Promise<void> {
    await this.#storage.deadLetters.remove(client, id);
    this.#tellOthers();
    this.refresh();
  }

  #note(write: StoredWrite, isStored: boolean): void {
    const before = this.#mine.get(write.write);
    const state = write.handedOver ? 'sent' : isStored ? 'stored' : (before?.state ?? 'local');
    this.#mine.set(write.write, waiting(write, state));
  }

  #mineChanged(): void {
    const list = [...this.#mine.values()].sort((one, other) => one.write - other.write);
    this.#become({ ...this.#state, waiting: list });
  }

  async #settle(write: SettledWrite): Promise<void> {
    const known = this.#mine.get(write.write);
    this.#mine.delete(write.write);
    const { key, value } = known ?? { key: write.key ?? write.topic, value: undefined };
    const state = stateOf(write);
    if (this.#sender) this.#mineChanged();
    if (state === 'acknowledged' || state === 'superseded') {
      const end: Ended = { write: write.write, key, value, state, at: Date.now() };
      this.#become({ ...this.#state, ended: [end, ...this.#state.ended].slice(0, ENDED_MAX) });
    } else {
      const { reason = write.outcome, message = '' } = write;
      const letter: Letter = { key, value, state, reason, message, at: Date.now() };
      const client = this.#sender?.client ?? this.#storage.device.id;
      await this.#storage.deadLetters.add(client, write.write, letter);
      this.refresh();
    }
    this.#tellOthers();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const [entries, letters] = await Promise.all([
          this.#sender ? [] : this.#storage.outbox<StoredWrite>(),
          this.#storage.deadLetters.list<Letter>(),
        ]);
        letters.sort((one, other) => other.letter.at - one.letter.at);
        const others = entries.map(({ entry, handedOver }) =>
          waiting(entry, handedOver ? 'sent' : 'stored'),
        );
        // The sending tab knows its own, and may have become the sender meanwhile.
        this.#become({
          ...this.#state,
          letters,
          ...(this.#sender ? {} : { waiting: others }),
        });
      }
    } finally {
      this.#isReading = false;
    }
  }

  #tellOthers(): void {
    this.#channel?.postMessage('changed');
  }

  #become(state: OutboxState): void {
    this.#state = state;
    this.#listeners.tell();
  }
}

function waiting(write: StoredWrite, state: Waiting['state']): Waiting {
  const { topic, key = topic.replaceAll('/', '.'), expiresAt } = write;
  return { write: write.write, key, value: JSON.parse(write.payload), state, expiresAt };
}

function stateOf({ outcome, reason }: SettledWrite): Ended['state'] | Letter['state'] {
  if (outcome === 'acknowledged' || outcome === 'sent') return 'acknowledged';
  if (reason === 'superseded') return 'superseded';
  return reason === 'expired' ? 'expired' : outcome;
}
