/** What an application holds of its device: the outbox, the cache and the dead letters of one user. */
import type { Backend, Notify } from './backend.js';
import { Cache } from './cache.js';
import { DeadLetters } from './letters.js';
import { Outbox } from './outbox.js';
import type { Plan } from './options.js';
import { exported } from './rescue.js';
import { Room } from './room.js';
import type { AimDbError } from '../errors.js';
import { deleted } from './errors.js';
import type { Signal } from '../listeners.js';
import { toPlatform } from '../report.js';
import { type DeviceRow, type LeaseRow, randomId, type TotalsRow } from './rows.js';
import { HOLD_MS_MAX } from './tabs/lease.js';
import { type SharingStore, sharedWrites } from './tabs/writes.js';
import { storeOf } from './totals.js';
import { KeptValues } from './values.js';
import { clientOf, lettersOf, writeStorage } from './writes.js';
import type { StoredLetter, StoredWrite, WriteStorage } from '../types.js';
import type {
  Device,
  OutboxEntry,
  OutboxOperation,
  StorageEstimate,
  StorageNotice,
} from './types.js';

/** A storage that is open; `openStorage` makes one. */
export class DeviceStorage {
  /** Where it lies: `memory` keeps nothing beyond this tab, and `reason` says why it is that. */
  readonly kind: 'indexeddb' | 'memory';
  readonly reason: AimDbError | undefined;
  readonly cache: Cache;
  readonly deadLetters: DeadLetters;
  readonly #backend: Backend;
  readonly #user: string;
  readonly #plan: Plan;
  /** Names this tab among those that share the device. */
  readonly #tab = randomId();
  readonly #outbox: Outbox;
  readonly #room: Room;
  readonly #notices: Signal<StorageNotice>;
  /** Rows of a newer layout. */
  readonly #foreign: readonly unknown[];

  /** @internal */
  constructor(
    backend: Backend,
    plan: Plan,
    notices: Signal<StorageNotice>,
    reason: AimDbError | undefined,
    foreign: readonly unknown[],
  ) {
    const { user } = plan;
    const notify: Notify = (notice) => notices.emit(notice, toPlatform);
    this.kind = backend.kind;
    this.reason = reason;
    this.#backend = backend;
    this.#user = user;
    this.#plan = plan;
    this.#notices = notices;
    this.#foreign = foreign;
    const room = new Room(backend);
    this.#room = room;
    const cache = new Cache(backend, user, plan.cacheBytesMax, notify, room);
    this.cache = cache;
    this.deadLetters = new DeadLetters(backend, user, notify, room);
    this.#outbox = new Outbox(backend, user, plan, notify, room, (round) => cache.shrink(round));
  }

  /** Who this device is: another one after a notice `wiped` that names the outbox. */
  get device(): Device {
    return this.#backend.device;
  }

  /** Makes this tab the sender: no other call, in any tab, is ever given the same epoch of this device. */
  async takeOver(): Promise<Device> {
    const device = await this.#room.force(() =>
      this.#backend.run(['meta'], 'strict', async (transaction) => {
        const row = (await transaction.get('meta', ['device', ''])) as DeviceRow;
        const next = { ...row, epoch: row.epoch + 1 };
        await transaction.put('meta', next);
        return { id: next.id, epoch: next.epoch };
      }),
    );
    this.#backend.device = device;
    return device;
  }

  /**
   * Changes the outbox. All calls of one turn are one transaction, in their order; resolves when the disk has it, to the numbers of
   * what was appended.
   *
   * Rejects with `STORAGE_FULL` where entries do not fit: none of this call is stored then, but its marks and removals are.
   */
  commit(operations: readonly OutboxOperation[]): Promise<readonly number[]> {
    return this.#outbox.commit(operations);
  }

  /** All entries of this user, by client and id. */
  outbox<T = unknown>(): Promise<OutboxEntry<T>[]> {
    return this.#outbox.entries<T>();
  }

  /**
   * Gives what `WsBridge.connect` takes as `storage`, for one bridge. Tabs share the device: each stores what it writes, one of them
   * sends, and another takes over when it ends, crashes or freezes.
   */
  async forWrites(): Promise<WriteStorage> {
    const canShare = this.kind === 'indexeddb' && typeof BroadcastChannel === 'function';
    const { id, epoch } = canShare ? this.device : await this.takeOver();
    const [entries, letters, values, outbox] = await Promise.all([
      this.outbox<StoredWrite>(),
      this.deadLetters.list<StoredLetter>(),
      KeptValues.open(this.cache),
      this.#backend.run(['meta'], 'read', (at) => at.get('meta', ['outbox', this.#user])),
    ]);
    const last = (outbox as TotalsRow | undefined)?.age ?? 0;
    const client = clientOf(id, this.#user);
    const isDurable = this.kind !== 'memory';
    const found = { client, epoch, last, entries, letters, values, isDurable };
    if (canShare) return sharedWrites(found, this.#shares(client));
    return writeStorage(found, (operations) => this.#outbox.commit(operations, { epoch }));
  }

  /** What tabs need that share this device. */
  #shares(client: string): SharingStore {
    const device = this.device.id;
    /** A database that was deleted under the page is made anew, and is another device. */
    const ifThere = async <T>(work: Promise<T>): Promise<T> => {
      const done = await work;
      if (this.device.id !== device) throw deleted();
      return done;
    };
    return {
      client,
      name: `${this.#plan.database} ${this.#user}`,
      commit: (operations, epoch) => this.#outbox.commit(operations, { device, epoch }),
      takeOver: () => ifThere(this.takeOver()),
      after: (number) => ifThere(this.#outbox.after<StoredWrite>(client, number)),
      letters: async () => lettersOf(await this.deadLetters.list<StoredLetter>(), client),
      takeLease: (untilMs, isForced) => this.#takeLease(untilMs, isForced),
    };
  }

  #takeLease(untilMs: number, isForced: boolean): Promise<boolean> {
    const [user, tab] = [this.#user, this.#tab];
    return this.#backend.run(['meta'], 'relaxed', async (transaction) => {
      const row = (await transaction.get('meta', ['lease', user])) as LeaseRow | undefined;
      const rest = (row?.until ?? 0) - Date.now();
      const isOthers = row !== undefined && row.tab !== tab && rest > 0 && rest <= HOLD_MS_MAX;
      if (isOthers && !isForced) return false;
      await transaction.put('meta', { kind: 'lease', of: user, tab, until: untilMs });
      return true;
    });
  }

  /** What could not stay in the outbox, as JSON text; nothing where there is none. */
  async rescued(): Promise<string | undefined> {
    const rows = await this.#backend.run(['rescued'], 'read', (at) => at.all('rescued'));
    return exported([...rows.map(({ row }) => row), ...this.#foreign], this.#user);
  }

  /** Forgets what was rescued, of all users: call it when somebody has it. */
  async forgetRescued(): Promise<void> {
    await this.#backend.run(['rescued'], 'strict', (at) => at.clear('rescued'));
  }

  /** Asks the browser to keep this origin's storage when it needs room. It may ask the user; `false` where it does not. */
  async persist(): Promise<boolean> {
    return (await globalThis.navigator?.storage?.persist?.()) ?? false;
  }

  async estimate(): Promise<StorageEstimate> {
    const { usage, quota } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
    const [outbox, cache, letters] = await this.#backend.run(
      ['meta', 'cacheMeta'],
      'read',
      (transaction) => {
        const kinds = ['outbox', 'cache', 'letters'] as const;
        return Promise.all(kinds.map((kind) => transaction.get(storeOf(kind), [kind, this.#user])));
      },
    );
    const bytesOf = (row: unknown) => (row as TotalsRow | undefined)?.bytes ?? 0;
    return {
      usage,
      quota,
      outboxEntries: (outbox as TotalsRow | undefined)?.entries ?? 0,
      outboxBytes: bytesOf(outbox),
      cacheBytes: bytesOf(cache),
      deadLetterBytes: bytesOf(letters),
    };
  }

  /** Hears of what nobody asked for. Answers with a function that ends it. */
  onNotice(callback: (notice: StorageNotice) => void): () => void {
    return this.#notices.listen(callback);
  }

  /** Ends when all that was committed is complete; everything after it is refused with `STORAGE_CLOSED`. */
  async close(): Promise<void> {
    await this.#outbox.close();
    await this.cache.idle();
    this.#backend.close();
  }
}
