/** What a batch of calls makes of the outbox: worked out in memory between one reading and one writing. */
import type { Transaction } from './backend.js';
import type { Copied } from './bytes.js';
import { full } from './errors.js';
import type { AimDbError } from '../errors.js';
import type { OutboxRow } from './rows.js';
import { Totals } from './totals.js';

/** An operation that was checked and copied. */
export interface Step {
  readonly op: 'put' | 'handOver' | 'remove';
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

type Found = OutboxRow | undefined;

export class Draft {
  readonly #transaction: Transaction;
  readonly #limits: OutboxLimits;
  readonly #totals: Totals;
  readonly #before: ReadonlyMap<string, Found>;
  readonly #rows: Map<string, Found>;

  private constructor(
    transaction: Transaction,
    limits: OutboxLimits,
    totals: Totals,
    rows: Map<string, Found>,
  ) {
    this.#transaction = transaction;
    this.#limits = limits;
    this.#totals = totals;
    this.#before = rows;
    this.#rows = new Map(rows);
  }

  /** Reads the rows that the steps name. */
  static async read(
    transaction: Transaction,
    user: string,
    limits: OutboxLimits,
    steps: readonly Step[],
  ): Promise<Draft> {
    const named = new Map(steps.map((step) => [keyOf(step), step]));
    const [totals, ...rows] = await Promise.all([
      Totals.read(transaction, 'outbox', user),
      ...Array.from(named, async ([key, { client, id }]) => {
        return [key, await transaction.get('outbox', [user, client, id])] as const;
      }),
    ]);
    return new Draft(transaction, limits, totals, new Map(rows));
  }

  /** Takes the steps of one call. Where its entries do not fit, none of them is taken, but all else is. */
  take(steps: readonly Step[], refusal: AimDbError | undefined): AimDbError | undefined {
    const undo: [string, Found][] = [];
    let refused = steps.some(({ op }) => op === 'put') ? refusal : undefined;
    for (const step of refused ? [] : steps) {
      undo.push([keyOf(step), this.#rows.get(keyOf(step))]);
      refused = this.#do(step);
      if (refused) break;
    }
    if (!refused) return undefined;
    for (const [key, row] of undo.reverse()) this.#set(key, row);
    for (const step of steps) if (step.op !== 'put') this.#do(step);
    return refused;
  }

  async write(): Promise<void> {
    const { of: user } = this.#totals.row;
    const changed = [...this.#rows].filter(([key, row]) => row !== this.#before.get(key));
    await Promise.all([
      this.#totals.write(),
      ...changed.map(([key, row]) => {
        if (row) return this.#transaction.put('outbox', row);
        const { client, id } = this.#before.get(key) as OutboxRow;
        return this.#transaction.remove('outbox', [user, client, id]);
      }),
    ]);
  }

  #do({ op, client, id, handedOver, content }: Step): AimDbError | undefined {
    const key = keyOf({ client, id });
    const row = this.#rows.get(key);
    if (op === 'remove') this.#set(key, undefined);
    else if (op === 'handOver') this.#set(key, row && { ...row, handedOver: true });
    else if (content) {
      const { copy, bytes } = content;
      const isMarked = handedOver || row?.handedOver === true;
      const { of: user } = this.#totals.row;
      this.#set(key, { user, client, id, handedOver: isMarked, bytes, entry: copy });
      return this.#overflow(row, bytes);
    }
    return undefined;
  }

  /** Why an entry that came in the place of a row is too much; one that takes no more than that row never is. */
  #overflow(before: Found, bytes: number): AimDbError | undefined {
    const { row } = this.#totals;
    if (!before && row.entries > this.#limits.outboxEntriesMax) return full('entries');
    const grew = bytes > (before?.bytes ?? 0);
    return grew && row.bytes > this.#limits.outboxBytesMax ? full('bytes') : undefined;
  }

  #set(key: string, row: Found): void {
    const before = this.#rows.get(key);
    if (before !== row) this.#totals.replace(before, row?.bytes);
    this.#rows.set(key, row);
  }
}

/** A client has no blanks. */
function keyOf({ client, id }: { readonly client: string; readonly id: number }): string {
  return `${client} ${id}`;
}
