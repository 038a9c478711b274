/** What a batch of calls makes of the outbox: worked out in memory between one reading and one writing. */
import type { Transaction } from './backend.js';
import type { Copied } from './bytes.js';
import { full } from './errors.js';
import type { AimDbError } from '../errors.js';
import type { OutboxRow } from './rows.js';
import { Totals } from './totals.js';

/** An operation that was checked and copied. */
export interface Step {
  readonly op: 'put' | 'handOver' | 'remove' | 'forget';
  readonly client: string;
  readonly id: number;
  readonly handedOver: boolean;
  /** The entry of a `put`, the letter of a `remove`. */
  readonly content: Copied | undefined;
}

export interface OutboxLimits {
  readonly outboxEntriesMax: number;
  readonly outboxBytesMax: number;
}

/** A row as it is to be, and what becomes of its mark. */
interface State {
  readonly row: OutboxRow | undefined;
  readonly mark: 'kept' | 'set' | 'gone';
}

const NOTHING: State = { row: undefined, mark: 'gone' };

export class Draft {
  readonly #transaction: Transaction;
  readonly #limits: OutboxLimits;
  readonly #totals: Totals;
  readonly #before: ReadonlyMap<string, State>;
  readonly #states: Map<string, State>;

  private constructor(
    transaction: Transaction,
    limits: OutboxLimits,
    totals: Totals,
    states: Map<string, State>,
  ) {
    this.#transaction = transaction;
    this.#limits = limits;
    this.#totals = totals;
    this.#before = states;
    this.#states = new Map(states);
  }

  /** Reads the rows that the steps name. Their marks are not read: each stays as it is until its row goes. */
  static async read(
    transaction: Transaction,
    user: string,
    limits: OutboxLimits,
    steps: readonly Step[],
  ): Promise<Draft> {
    const ofOutbox = steps.filter(({ op }) => op !== 'forget');
    const named = new Map(ofOutbox.map((step) => [keyOf(step), step]));
    const [totals, ...states] = await Promise.all([
      Totals.read(transaction, 'outbox', user),
      ...Array.from(named, async ([key, { client, id }]) => {
        const row = await transaction.get('outbox', [user, client, id]);
        return [key, { row, mark: 'kept' }] as const;
      }),
    ]);
    return new Draft(transaction, limits, totals, new Map(states));
  }

  /** Takes the steps of one call. Where its entries do not fit, none of them is taken, but all else is. */
  take(steps: readonly Step[], refusal: AimDbError | undefined): AimDbError | undefined {
    const undo: [string, State][] = [];
    let refused = steps.some(({ op }) => op === 'put') ? refusal : undefined;
    for (const step of refused ? [] : steps) {
      undo.push([keyOf(step), this.#stateOf(step)]);
      refused = this.#do(step);
      if (refused) break;
    }
    if (!refused) return undefined;
    for (const [key, state] of undo.reverse()) this.#set(key, state);
    for (const step of steps) if (step.op !== 'put') this.#do(step);
    return refused;
  }

  async write(): Promise<void> {
    const writes = [...this.#states].map(([key, state]) => this.#writeOne(key, state));
    await Promise.all([this.#totals.write(), ...writes]);
  }

  async #writeOne(key: string, { row, mark }: State): Promise<void> {
    const before = this.#before.get(key)?.row;
    const named = row ?? before;
    if (!named) return;
    const { user, client, id } = named;
    const writes: Promise<unknown>[] = [];
    if (row && row !== before) writes.push(this.#transaction.put('outbox', row));
    if (!row) writes.push(this.#transaction.remove('outbox', [user, client, id]));
    if (row && mark === 'set') writes.push(this.#transaction.put('marks', { user, client, id }));
    if (before && mark === 'gone') {
      writes.push(this.#transaction.remove('marks', [user, client, id]));
    }
    await Promise.all(writes);
  }

  #do(step: Step): AimDbError | undefined {
    const { op, client, id, handedOver, content } = step;
    const [key, { row, mark }] = [keyOf(step), this.#stateOf(step)];
    if (op === 'remove') this.#set(key, NOTHING);
    else if (op === 'handOver' && row) this.#set(key, { row, mark: 'set' });
    else if (op === 'put' && content) {
      const { of: user } = this.#totals.row;
      const { copy, bytes } = content;
      const isMarked = handedOver || row?.handedOver === true;
      this.#totals.reach(id);
      const next = { user, client, id, handedOver: isMarked, bytes, entry: copy };
      this.#set(key, { row: next, mark });
      return this.#overflow(row, bytes);
    }
    return undefined;
  }

  /** Why an entry that came in the place of a row is too much; one that takes no more than that row never is. */
  #overflow(before: OutboxRow | undefined, bytes: number): AimDbError | undefined {
    const { row } = this.#totals;
    if (!before && row.entries > this.#limits.outboxEntriesMax) return full('entries');
    const grew = bytes > (before?.bytes ?? 0);
    return grew && row.bytes > this.#limits.outboxBytesMax ? full('bytes') : undefined;
  }

  #stateOf(step: Step): State {
    return this.#states.get(keyOf(step)) ?? NOTHING;
  }

  #set(key: string, state: State): void {
    const before = this.#states.get(key)?.row;
    if (before !== state.row) this.#totals.replace(before, state.row?.bytes);
    this.#states.set(key, state);
  }
}

/** A client has no blanks. */
function keyOf({ client, id }: { readonly client: string; readonly id: number }): string {
  return `${client} ${id}`;
}
