/**
 * The outbox: writes that wait for their answers.
 *
 * Guarantees: all calls of one turn are one transaction, in their order, and the next one begins when it is complete;
 * what was complete and then lost sight of is not done twice, whatever other tabs did meanwhile; nothing but a removal
 * takes an entry or its mark away. Where there is no room, entries are refused; marks and removals go through.
 */
import type { Backend, Notify, Transaction } from './backend.js';
import { copied } from './bytes.js';
import { Draft, isEntry, type OutboxLimits, type Step } from './draft.js';
import { closed, deleted, full, takenOver } from './errors.js';
import type { Evicted } from './evict.js';
import { Mail, tellEvicted } from './letters.js';
import { ENTRY_BYTES_MAX, TABS_REMEMBERED_MAX, WAITING_OPERATIONS_MAX } from './limits.js';
import { needWrite } from './options.js';
import { ofWrite, readAll } from './pages.js';
import { isFull, type Room, type Shrink } from './room.js';
import { type AimDbError, badOption } from '../errors.js';
import { type BatchRow, type DeviceRow, type MarkRow, type OutboxRow, randomId } from './rows.js';
import { soon } from '../turn.js';
import type { OutboxEntry, OutboxOperation } from './types.js';

/** For whom a call is alone. */
export interface Only {
  /** For tabs that know the database as this device's: one that was deleted is made anew as another's. */
  readonly device?: string | undefined;
  /** For the sender who took over with this epoch. */
  readonly epoch?: number | undefined;
}

interface Call {
  readonly steps: readonly Step[];
  readonly only: Only;
  readonly resolve: (numbers: readonly number[]) => void;
  readonly reject: (thrown: unknown) => void;
}

interface Outcome {
  /** What each call has appended. */
  readonly numbers: ReadonlyMap<Call, readonly number[]>;
  readonly refused: ReadonlyMap<Call, AimDbError>;
  readonly evicted: Evicted | undefined;
}

export class Outbox {
  readonly #backend: Backend;
  readonly #user: string;
  readonly #limits: OutboxLimits;
  readonly #notify: Notify;
  readonly #room: Room;
  readonly #shrink: Shrink;
  /** Names this tab in the database. */
  readonly #tab = randomId();
  #number = 0;
  #isRemembered = false;
  #waiting: Call[] = [];
  #waitingSteps = 0;
  #drained: Promise<void> = Promise.resolve();
  #isDraining = false;
  #isFull = false;
  #isClosed = false;

  constructor(
    backend: Backend,
    user: string,
    limits: OutboxLimits,
    notify: Notify,
    room: Room,
    shrink: Shrink,
  ) {
    this.#backend = backend;
    this.#user = user;
    this.#limits = limits;
    this.#notify = notify;
    this.#room = room;
    this.#shrink = shrink;
  }

  /** Gives the numbers of what was appended. */
  async commit(
    operations: readonly OutboxOperation[],
    only: Only = {},
  ): Promise<readonly number[]> {
    if (this.#isClosed) throw closed();
    const steps = operations.map(stepOf);
    if (steps.length === 0) return [];
    const isOver = this.#waitingSteps + steps.length > WAITING_OPERATIONS_MAX;
    if (isOver && steps.some(isEntry)) throw full('waiting');
    this.#waitingSteps += steps.length;
    return await new Promise<readonly number[]>((resolve, reject) => {
      this.#waiting.push({ steps, only, resolve, reject });
      this.#drainSoon();
    });
  }

  /** The entries of a client behind a number, with their marks. */
  async after<T>(client: string, number: number): Promise<OutboxEntry<T>[]> {
    const [rows, marks] = await this.#backend.run(['outbox', 'marks'], 'read', (transaction) =>
      Promise.all([
        readAll(transaction, 'outbox', this.#user, ofWrite, [client, number]),
        readAll(transaction, 'marks', this.#user, ofWrite, [client, number]),
      ]),
    );
    return entriesOf<T>(rows, marks).filter((entry) => entry.client === client);
  }

  /** All entries of this user, by client and id, behind all commits that were called before. */
  async entries<T>(): Promise<OutboxEntry<T>[]> {
    await this.#drained;
    const [rows, marks] = await this.#backend.run(['outbox', 'marks'], 'read', (transaction) =>
      Promise.all([
        readAll(transaction, 'outbox', this.#user, ofWrite),
        readAll(transaction, 'marks', this.#user, ofWrite),
      ]),
    );
    return entriesOf(rows, marks);
  }

  /** Takes no more, and is done when all that was taken is. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#drained;
  }

  #drainSoon(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#drained = new Promise((resolve) => {
      soon(() => void this.#drain().then(resolve));
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const calls = this.#waiting;
      this.#waiting = [];
      this.#waitingSteps = 0;
      try {
        this.#settle(calls, await this.#write(calls));
      } catch (thrown) {
        for (const call of calls) call.reject(thrown);
      }
    }
    this.#isDraining = false;
  }

  #settle(calls: readonly Call[], { numbers, refused, evicted }: Outcome): void {
    const [error] = refused.values();
    const noRoom = isFull(error) ? error : undefined;
    if (noRoom && !this.#isFull) this.#notify({ kind: 'full', what: 'outbox', error: noRoom });
    if (hasPut(calls)) this.#isFull = noRoom !== undefined;
    tellEvicted(this.#notify, evicted);
    for (const call of calls) {
      const refusal = refused.get(call);
      if (refusal) call.reject(refusal);
      else call.resolve(numbers.get(call) ?? []);
    }
  }

  /** Writes a batch, if need be at the cost of the cache, and at last without its entries. */
  async #write(calls: readonly Call[]): Promise<Outcome> {
    let refusal: AimDbError | undefined;
    if (hasPut(calls)) {
      try {
        return await this.#room.spend(this.#shrink, () => this.#transact(calls, undefined));
      } catch (thrown) {
        if (!isFull(thrown)) throw thrown;
        refusal = thrown;
      }
    }
    return this.#room.force(() => this.#transact(calls, refusal));
  }

  #transact(calls: readonly Call[], refusal: AimDbError | undefined): Promise<Outcome> {
    this.#number += 1;
    const number = this.#number;
    let outcome: Outcome | undefined;
    return this.#backend.run(
      ['meta', 'outbox', 'marks', 'letters'],
      'strict',
      async (transaction, attempt) => {
        if (attempt > 1 && outcome && (await this.#isDone(transaction, number))) return outcome;
        outcome = await this.#apply(transaction, calls, refusal);
        // Marks and removals may be done twice, and shall need as little room as can be.
        if (hasContent(calls)) await this.#remember(transaction, number);
        return outcome;
      },
    );
  }

  async #apply(
    transaction: Transaction,
    calls: readonly Call[],
    refusal: AimDbError | undefined,
  ): Promise<Outcome> {
    const refused = await overtaken(transaction, calls);
    const mine = calls.filter((call) => !refused.has(call));
    const steps = mine.flatMap((call) => call.steps);
    const draft = await Draft.read(transaction, this.#user, this.#limits, steps);
    const numbers = new Map<Call, readonly number[]>();
    for (const call of mine) {
      const given: number[] = [];
      const error = draft.take(call.steps, refusal, given);
      if (error) refused.set(call, error);
      numbers.set(call, given);
    }
    await draft.write();
    return { numbers, refused, evicted: await this.#bury(transaction, steps) };
  }

  async #bury(transaction: Transaction, steps: readonly Step[]): Promise<Evicted | undefined> {
    const dead = steps.filter(({ op, content }) => op === 'forget' || (op === 'remove' && content));
    if (dead.length === 0) return undefined;
    const mail = await Mail.open(transaction, this.#user);
    for (const { client, id, content } of dead) {
      if (content) await mail.add(client, id, content);
      else await mail.remove(client, id);
    }
    return mail.close();
  }

  async #isDone(transaction: Transaction, number: number): Promise<boolean> {
    const row = await transaction.get('meta', ['batch', this.#tab]);
    return (row as BatchRow | undefined)?.number === number;
  }

  /** Notes in the same transaction that it was done: an entry that another tab removed since must not come back. */
  async #remember(transaction: Transaction, number: number): Promise<void> {
    const row: BatchRow = { kind: 'batch', of: this.#tab, number, at: Date.now() };
    if (!this.#isRemembered) await forgetTabs(transaction);
    this.#isRemembered = true;
    await transaction.put('meta', row);
  }
}

function entriesOf<T>(rows: readonly OutboxRow[], marks: readonly MarkRow[]): OutboxEntry<T>[] {
  const marked = new Set(marks.map((mark) => ofWrite(mark).join(' ')));
  return rows.map((row) => {
    const { client, id, entry } = row;
    const handedOver = row.handedOver || marked.has(ofWrite(row).join(' '));
    return { client, id, handedOver, entry: entry as T };
  });
}

/** The calls that are not for this device any more, and those of senders that another tab has taken over from. */
async function overtaken(
  transaction: Transaction,
  calls: readonly Call[],
): Promise<Map<Call, AimDbError>> {
  const refused = new Map<Call, AimDbError>();
  const isForAll = ({ only }: Call) => only.device === undefined && only.epoch === undefined;
  if (calls.every(isForAll)) return refused;
  const there = (await transaction.get('meta', ['device', ''])) as DeviceRow;
  for (const call of calls) {
    const { device = there.id, epoch = there.epoch } = call.only;
    if (device !== there.id) refused.set(call, deleted());
    else if (epoch !== there.epoch) refused.set(call, takenOver());
  }
  return refused;
}

/** Forgets the tabs that are gone longest. */
async function forgetTabs(transaction: Transaction): Promise<void> {
  const rows = await transaction.all('meta');
  const tabs = rows.filter((row): row is BatchRow => row.kind === 'batch');
  tabs.sort((left, right) => right.at - left.at);
  for (const { of } of tabs.slice(TABS_REMEMBERED_MAX - 1)) {
    await transaction.remove('meta', ['batch', of]);
  }
}

function hasContent(calls: readonly Call[]): boolean {
  return calls.some(({ steps }) => steps.some(({ content }) => content));
}

function hasPut(calls: readonly Call[]): boolean {
  return calls.some(({ steps }) => steps.some(isEntry));
}

/** What an operation may say. */
const FIELDS = {
  put: ['op', 'client', 'id', 'entry', 'handedOver'],
  append: ['op', 'client', 'entry', 'handedOver'],
  handOver: ['op', 'client', 'id'],
  remove: ['op', 'client', 'id', 'letter'],
  forget: ['op', 'client', 'id'],
} as const;

function stepOf(operation: OutboxOperation): Step {
  const { op, client } = operation;
  const fields: readonly string[] | undefined = Object.hasOwn(FIELDS, op) ? FIELDS[op] : undefined;
  if (!fields)
    throw badOption(`an operation is put, append, handOver, remove or forget, got '${String(op)}'`);
  const stray = Object.keys(operation).find((field) => !fields.includes(field));
  if (stray !== undefined) throw badOption(`the operation ${op} has no '${stray}'`);
  const id = operation.op === 'append' ? 0 : operation.id;
  needWrite(client, id);
  const isNew = operation.op === 'put' || operation.op === 'append';
  const handedOver = isNew && operation.handedOver === true;
  const content = isNew ? operation.entry : letterOf(operation);
  const isEmpty = !isNew && content === undefined;
  const about = isNew ? 'an entry of the outbox' : 'a dead letter';
  const copy = isEmpty ? undefined : copied(content, about, ENTRY_BYTES_MAX);
  return { op, client, id, handedOver, content: copy };
}

function letterOf(operation: OutboxOperation): unknown {
  return operation.op === 'remove' ? operation.letter : undefined;
}
