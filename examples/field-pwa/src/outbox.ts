/**
 * What this device has written and where each write is.
 *
 * Guarantees: a write is listed from the moment that it is made until somebody has seen how it ended; a tab that does not send
 * lists what is on the disk. Does not: send anything, or keep it; the bridge does.
 */
import type {
  DeadWrite,
  EndedWrite,
  StoredLetter,
  StoredWrite,
  WaitingWrite,
  WsBridge,
} from '@aimdb/wasm';
import type { DeviceStorage, OutboxEntry } from '@aimdb/wasm/storage';
import { Listeners } from './listeners.js';

/** The bridge of this tab, and whether this tab sends what the device has. */
export interface Linked {
  readonly bridge: WsBridge;
  readonly isSender: boolean;
}

/** A write that the server has, or that a newer one has replaced. */
export interface Done extends EndedWrite {
  readonly value: unknown;
}

export interface OutboxState {
  /** In the order in which they were made. */
  readonly waiting: readonly WaitingWrite[];
  /** The newest first. */
  readonly letters: readonly DeadWrite[];
  /** The newest first. */
  readonly done: readonly Done[];
}

const EMPTY: OutboxState = { waiting: [], letters: [], done: [] };

export class Outbox {
  readonly #storage: DeviceStorage;
  readonly #listeners = new Listeners();
  /** Tells the other tabs that something has changed here. */
  readonly #channel =
    typeof BroadcastChannel === 'function' ? new BroadcastChannel('aimdb-field') : null;
  /** What was written, by number, since an end is told without it. */
  readonly #values = new Map<number, unknown>();
  #linked: Linked | null = null;
  #state = EMPTY;
  #isReading = false;
  #isStale = false;

  constructor(storage: DeviceStorage) {
    this.#storage = storage;
    this.#channel?.addEventListener('message', () => this.#refresh());
  }

  readonly subscribe = this.#listeners.add;
  readonly get = (): OutboxState => this.#state;

  /** Lists the writes of this bridge from now on, or, where another tab sends, what is on the disk. */
  follow(linked: Linked): void {
    this.#linked = linked;
    const { bridge, isSender } = linked;
    if (!isSender) {
      this.#refresh();
      return;
    }
    const look = () => linked === this.#linked && this.#look(linked);
    bridge.onWritesChange(look);
    bridge.deadLetters.onChange(look);
    look();
  }

  #look({ bridge }: Linked): void {
    const { waiting, ended } = bridge.writes();
    for (const { write, value } of waiting) this.#values.set(write, value);
    const known = new Set([...waiting, ...ended].map(({ write }) => write));
    for (const write of this.#values.keys()) if (!known.has(write)) this.#values.delete(write);
    const done = ended
      .filter(({ outcome, reason }) => isTaken(outcome) || reason === 'superseded')
      .map((end) => ({ ...end, value: this.#values.get(end.write) }));
    this.#become({
      waiting,
      letters: bridge.deadLetters.list().toReversed(),
      done: done.reverse(),
    });
    this.#channel?.postMessage('changed');
  }

  /** Reads the disk again; calls while one reading is under way are one more. */
  #refresh(): void {
    if (this.#linked?.isSender) return;
    this.#isStale = true;
    if (!this.#isReading) void this.#read();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const [entries, letters] = await Promise.all([
          this.#storage.outbox<StoredWrite>(),
          this.#storage.deadLetters.list<StoredLetter>(),
        ]);
        // This tab may have become the sender meanwhile, which knows more.
        if (this.#linked?.isSender) return;
        this.#become({
          ...this.#state,
          waiting: entries.map(waitingOf),
          letters: letters
            .map(({ letter }) => ({ ...letter, value: JSON.parse(letter.payload) }))
            .reverse(),
        });
      }
    } finally {
      this.#isReading = false;
    }
  }

  #become(state: OutboxState): void {
    this.#state = state;
    this.#listeners.tell();
  }
}

function waitingOf({ entry, handedOver }: OutboxEntry<StoredWrite>): WaitingWrite {
  const { payload, write, topic, key = topic.replaceAll('/', '.'), expiresAt } = entry;
  return {
    write,
    topic,
    key,
    value: JSON.parse(payload),
    status: handedOver ? 'sending' : 'stored',
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

export function isTaken(outcome: EndedWrite['outcome']): boolean {
  return outcome === 'acknowledged' || outcome === 'sent';
}

/** The record that was written. */
export function keyOf({ key, topic }: { readonly key?: string; readonly topic: string }): string {
  return key ?? topic.replaceAll('/', '.');
}
