/**
 * The connection to the database: opened again whenever the browser closes it, and the work under way done again.
 *
 * Guarantees: work is answered when its transaction is complete, or fails with a typed error; it is never left hanging
 * on a connection that is gone. A new device id after a reopening is told, since it means that the outbox is gone.
 */
import type { Backend, Durability, Notify, Transaction } from './backend.js';
import { closed, failed, full, isAsked, isQuota, nameOf } from './errors.js';
import { transact } from './indexed.js';
import { ATTEMPTS_MAX } from './limits.js';
import { type Newer, type Opened, open } from './open.js';
import { AimDbError, wordsOf } from '../errors.js';
import type { StoreName } from './rows.js';
import type { Device } from './types.js';

/** A connection, and what ends the work on it when it is lost. */
interface Live extends Opened {
  readonly underWay: Set<(cause: unknown) => void>;
}

export class Connection implements Backend {
  readonly kind = 'indexeddb';
  device: Device;
  readonly #name: string;
  readonly #notify: Notify;
  #opening: Promise<Live> | undefined;
  #live: Live | undefined;
  /** Why the last connection went, until the next one is there. */
  #cause: string | undefined;
  #isClosed = false;
  #isNewerTold = false;

  private constructor(name: string, notify: Notify) {
    this.#name = name;
    this.#notify = notify;
    this.device = { id: '', epoch: 0 };
  }

  /** Opens it; what is of a newer layout is handed back. */
  static async open(name: string, notify: Notify): Promise<Connection | Newer> {
    const connection = new Connection(name, notify);
    let newer: Newer | undefined;
    for (let attempt = 1; ; attempt++) {
      connection.#opening = connection.#begin((found) => {
        newer = found;
      });
      try {
        await connection.#opening;
        return connection;
      } catch (thrown) {
        if (newer) return newer;
        // Others may close or delete it while it is opened.
        if (attempt === ATTEMPTS_MAX || thrown instanceof AimDbError) throw thrown;
      }
    }
  }

  async run<T>(
    stores: readonly StoreName[],
    durability: Durability,
    work: (transaction: Transaction, attempt: number) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      let live: Live | undefined;
      try {
        live = await this.#opened();
        const { db } = live;
        return await unlessLost(live, () =>
          transact(db, stores, durability, (at) => work(at, attempt)),
        );
      } catch (thrown) {
        if (this.#isClosed) throw closed();
        if (thrown instanceof AimDbError) throw thrown;
        if (isQuota(thrown)) throw full('quota', thrown);
        if (attempt === ATTEMPTS_MAX || isAsked(thrown)) throw failed(thrown);
        if (live) this.#drop(live, thrown);
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    if (!this.#live) return;
    this.#live.db.close();
    lose(this.#live, closed());
  }

  #opened(): Promise<Live> {
    if (this.#isClosed) return Promise.reject(closed());
    if (!this.#opening) {
      const opening = this.#begin(() => {});
      this.#opening = opening;
      opening.catch(() => {
        if (this.#opening === opening) this.#opening = undefined;
      });
    }
    return this.#opening;
  }

  async #begin(onNewer: (newer: Newer) => void): Promise<Live> {
    let live: Live | undefined;
    const opened = await open(this.#name, {
      // It closes when its transactions are complete: these are not lost, only others cannot begin.
      onAsked: () => live && this.#leave(live, 'another tab deletes or changes the database'),
      onLost: () =>
        live && this.#drop(live, new DOMException('the browser closed it', 'AbortError')),
      onBlocked: () => this.#notify({ kind: 'blocked', error: undefined }),
    });
    if ('error' in opened) {
      onNewer(opened);
      if (!this.#isNewerTold) this.#notify({ kind: 'blocked', error: opened.error });
      this.#isNewerTold = true;
      throw opened.error;
    }
    live = { ...opened, underWay: new Set() };
    if (this.#isClosed) {
      opened.db.close();
      throw closed();
    }
    this.#live = live;
    this.#isNewerTold = false;
    this.#tell(opened);
    return live;
  }

  /** Tells what an opening found. */
  #tell({ device, mended }: Opened): void {
    const before = this.device.id;
    const isOther = before !== '' && before !== device.id;
    this.device = device;
    if (this.#cause !== undefined) this.#notify({ kind: 'reopened', cause: this.#cause });
    this.#cause = undefined;
    if (!mended && !isOther) return;
    const isOutboxGone = mended ? !mended.hadOutbox : true;
    this.#notify({
      kind: 'wiped',
      what: isOutboxGone ? ['outbox', 'cache', 'deadLetters'] : ['cache'],
      why: mended ? 'broken' : 'deleted',
      rescued: mended?.rescued ?? 0,
      device,
    });
  }

  /** Gives up a connection with all that is under way on it. */
  #drop(live: Live, thrown: unknown): void {
    live.db.close();
    this.#leave(live, `${nameOf(thrown)}: ${wordsOf(thrown)}`);
    lose(live, thrown);
  }

  /** Begins nothing more on a connection, and opens the next one at once: what happened is told without being asked. */
  #leave(live: Live, cause: string): void {
    if (this.#live !== live || this.#isClosed) return;
    this.#live = undefined;
    this.#opening = undefined;
    this.#cause = cause;
    // Who asks for something hears of a failure there.
    this.#opened().catch(() => {});
  }
}

/** Does work on a connection. Where the browser forgets a transaction with its connection, nothing else would end it. */
function unlessLost<T>(live: Live, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    live.underWay.add(reject);
    const end = () => live.underWay.delete(reject);
    work().then(resolve, reject).finally(end);
  });
}

function lose(live: Live, cause: unknown): void {
  for (const reject of live.underWay) reject(cause);
  live.underWay.clear();
}
