/** Writes that came to nothing, kept for people to look at: bounded, and the oldest go. */
import type { Backend, Notify, Transaction } from './backend.js';
import { type Copied, copied } from './bytes.js';
import { type Evicted, evict } from './evict.js';
import { ENTRY_BYTES_MAX, LETTERS_BYTES_MAX, LETTERS_MAX } from './limits.js';
import { needWrite } from './options.js';
import { ofWrite, readAll } from './pages.js';
import type { Room } from './room.js';
import { Totals } from './totals.js';
import type { DeadLetter } from './types.js';

export class DeadLetters {
  readonly #backend: Backend;
  readonly #user: string;
  readonly #notify: Notify;
  readonly #room: Room;

  /** @internal */
  constructor(backend: Backend, user: string, notify: Notify, room: Room) {
    this.#backend = backend;
    this.#user = user;
    this.#notify = notify;
    this.#room = room;
  }

  /** All letters, by client and id. */
  async list<L = unknown>(): Promise<DeadLetter<L>[]> {
    const rows = await this.#backend.run(['letters'], 'read', (transaction) =>
      readAll(transaction, 'letters', this.#user, ofWrite),
    );
    return rows.map(({ client, id, letter }) => ({ client, id, letter: letter as L }));
  }

  /** Adds a letter, or another one in its place. Beyond 1,000 letters or 4 MiB the oldest go, with a notice. */
  async add<L>(client: string, id: number, letter: L): Promise<void> {
    needWrite(client, id);
    const copy = copied(letter, 'a dead letter', ENTRY_BYTES_MAX);
    const evicted = await this.#room.force(() =>
      this.#backend.run(['meta', 'letters'], 'strict', async (transaction) => {
        const mail = await Mail.open(transaction, this.#user);
        await mail.add(client, id, copy);
        return mail.close();
      }),
    );
    tellEvicted(this.#notify, evicted);
  }

  /** Removes a letter; nothing where there is none. */
  async remove(client: string, id: number): Promise<void> {
    needWrite(client, id);
    await this.#room.force(() =>
      this.#backend.run(['meta', 'letters'], 'strict', async (transaction) => {
        const mail = await Mail.open(transaction, this.#user);
        await mail.remove(client, id);
        await mail.close();
      }),
    );
  }
}

/** Letters that are added in a transaction, also in one of the outbox. */
export class Mail {
  readonly #transaction: Transaction;
  readonly #totals: Totals;

  private constructor(transaction: Transaction, totals: Totals) {
    this.#transaction = transaction;
    this.#totals = totals;
  }

  static async open(transaction: Transaction, user: string): Promise<Mail> {
    return new Mail(transaction, await Totals.read(transaction, 'letters', user));
  }

  async add(client: string, id: number, { copy, bytes }: Copied): Promise<void> {
    const { of: user } = this.#totals.row;
    const before = await this.#transaction.get('letters', [user, client, id]);
    this.#totals.replace(before, bytes);
    const age = this.#totals.nextAge();
    await this.#transaction.put('letters', { user, client, id, age, bytes, letter: copy });
  }

  async remove(client: string, id: number): Promise<void> {
    const key = [this.#totals.row.of, client, id];
    const found = await this.#transaction.get('letters', key);
    if (!found) return;
    this.#totals.replace(found, undefined);
    await this.#transaction.remove('letters', key);
  }

  /** Makes room, and says what went for it. */
  async close(): Promise<Evicted | undefined> {
    const [transaction, totals] = [this.#transaction, this.#totals];
    const evicted = await evict(transaction, 'letters', totals, LETTERS_MAX, LETTERS_BYTES_MAX);
    await totals.write();
    return evicted;
  }
}

export function tellEvicted(notify: Notify, evicted: Evicted | undefined): void {
  if (evicted) notify({ kind: 'evicted', what: 'deadLetters', why: 'limit', ...evicted });
}
