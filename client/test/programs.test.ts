/**
 * Random programs that configure, remove, derive, join, tap, write and read, beside a plain model that knows what each
 * record holds and what each tap hears, to the value and in order. A failure prints its seed.
 */
import type { AimDbError, RecordHandle, WasmDb } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import { freshDatabases, LATEST, ring, turn } from './support/db.js';

const database = freshDatabases();

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
const CAPACITY = 3;
const STEPS = 120;

/** A small generator, so that a failing seed can be run again. */
function random(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const value = (celsius: number) => ({ celsius, timestamp: 1 });
const number = (of: unknown) => (of as { celsius: number } | null | undefined)?.celsius;
const made = (input: number, previous: number | undefined) => (input + (previous ?? 0) + 1) % 50;
const joined = (inputs: readonly (number | undefined)[], changed: number) =>
  inputs.reduce<number>((sum, input) => sum + (input ?? 0), changed) % 50;

/** One that a record's values are told to. */
interface Hearer {
  readonly take: (value: number) => void;
  readonly lag: (missed: number) => void;
  seen: number;
}

interface Known {
  readonly key: string;
  readonly isRing: boolean;
  readonly handle: RecordHandle<unknown>;
  values: number[];
  version: number;
  hearers: Hearer[];
  inputs: Known[];
  /** How its writer leaves the inputs. */
  leave: (() => void) | null;
  taps: number;
}

class Program {
  readonly #next: (below: number) => number;
  readonly #db: WasmDb;
  readonly #errors: AimDbError[] = [];
  readonly #records = new Map<string, Known>();
  readonly #gone: Known[] = [];
  readonly #stops: { stop: () => void; leave: () => void }[] = [];
  readonly #heard: { real: unknown[]; model: unknown[] }[] = [];
  #changed: Known[] = [];
  #joining: Known[] = [];

  constructor(seed: number, db: WasmDb) {
    this.#next = random(seed);
    this.#db = db;
    // Derivations miss values of a ring that is written faster; nothing else goes wrong.
    db.onError((error) => error.code === 'LAGGED' || this.#errors.push(error));
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      const steps = [
        () => this.#configure(),
        () => this.#configure(),
        () => this.#derive(),
        () => this.#join(),
        () => this.#tap(),
        () => this.#stop(),
        () => this.#remove(),
        () => this.#write(),
        () => this.#write(),
        () => this.#write(),
        () => this.#settle(),
        () => this.#touchGone(),
      ];
      // Without a promise there is none to wait for: waiting would be the turn that is to come later.
      const settled = steps[this.#next(steps.length)]?.();
      if (settled) await settled;
      this.#compare();
    }
    await this.#settle();
  }

  #key(): string {
    return KEYS[this.#next(KEYS.length)] as string;
  }

  /** The code that a call is refused with. */
  #code(call: () => unknown): string {
    try {
      call();
      return 'none';
    } catch (error) {
      return (error as AimDbError).code;
    }
  }

  #configure(): void {
    const key = this.#key();
    const isRing = this.#next(2) === 0;
    const code = this.#code(() => this.#db.configureRecord(key, isRing ? ring(CAPACITY) : LATEST));
    expect(code).toBe(this.#records.has(key) ? 'KEY_TAKEN' : 'none');
    if (code !== 'none') return;
    this.#records.set(key, {
      key,
      isRing,
      handle: this.#db.record(key),
      ...{ values: [], version: 0, hearers: [], inputs: [], leave: null, taps: 0 },
    });
  }

  #downstream(of: Known): Set<Known> {
    const found = new Set([of]);
    for (const known of found) {
      for (const other of this.#records.values()) {
        if (other.inputs.includes(known)) found.add(other);
      }
    }
    return found;
  }

  /** Which codes a writer of a record may be refused with. */
  #refusals(key: string, inputs: readonly string[]): string[] {
    const target = this.#records.get(key);
    if (!target) return ['UNKNOWN_RECORD'];
    const refusals = [];
    const views = inputs.map((input) => this.#records.get(input));
    if (inputs.length === 0) refusals.push('INPUTS_MISSING');
    if (views.includes(undefined)) refusals.push('INPUT_UNKNOWN');
    if (target.leave) refusals.push('TWO_WRITERS');
    const downstream = this.#downstream(target);
    if (views.some((view) => view && downstream.has(view))) refusals.push('CYCLE');
    return refusals.length > 0 ? refusals : ['none'];
  }

  #derive(): void {
    const [key, from] = [this.#key(), this.#key()];
    let stop = () => {};
    const code = this.#code(() => {
      stop = this.#db.derive(key, from, (input, previous) =>
        value(made(number(input) as number, number(previous))),
      );
    });
    expect(this.#refusals(key, [from])).toContain(code);
    if (code !== 'none') return;
    const target = this.#records.get(key) as Known;
    this.#wire(target, [from], stop, (input) =>
      this.#commit(target, made(input, target.values.at(-1))),
    );
  }

  #join(): void {
    const key = this.#key();
    const from = Array.from({ length: this.#next(4) }, () => this.#key());
    let stop = () => {};
    const code = this.#code(() => {
      stop = this.#db.join(key, from, (inputs, changed) =>
        value(joined(inputs.map(number), changed)),
      );
    });
    expect(this.#refusals(key, from)).toContain(code);
    if (code !== 'none') return;
    const target = this.#records.get(key) as Known;
    this.#wire(target, from, stop, (input, at) => {
      const inputs = target.inputs.map((of, place) => (place === at ? input : of.values.at(-1)));
      this.#commit(target, joined(inputs, at));
    });
  }

  /** Lets a writer hear its inputs. */
  #wire(
    target: Known,
    from: readonly string[],
    stop: () => void,
    take: (value: number, at: number) => void,
  ): void {
    target.inputs = from.map((key) => this.#records.get(key) as Known);
    const leaves = target.inputs.map((input, at) =>
      this.#subscribe(input, { take: (value) => take(value, at), lag: () => {} }),
    );
    target.leave = () => {
      for (const leave of leaves) leave();
      target.inputs = [];
      target.leave = null;
    };
    this.#stops.push({ stop, leave: target.leave });
  }

  #tap(): void {
    const key = this.#key();
    const heard = { real: [] as unknown[], model: [] as unknown[] };
    let stop = () => {};
    const code = this.#code(() => {
      stop = this.#db.tap(key, (value, { version }) => heard.real.push([number(value), version]), {
        onLag: (missed) => heard.real.push(`missed ${missed}`),
      });
    });
    const of = this.#records.get(key);
    expect(code).toBe(of ? 'none' : 'UNKNOWN_RECORD');
    if (!of) return;
    const hearer = {
      take: (value: number) => heard.model.push([value, hearing.seen]),
      lag: (missed: number) => heard.model.push(`missed ${missed}`),
    };
    let hearing: Hearer = { ...hearer, seen: 0 };
    const leave = this.#subscribe(of, hearer, (made) => {
      hearing = made;
    });
    of.taps += 1;
    this.#heard.push(heard);
    this.#stops.push({
      stop,
      leave: () => {
        leave();
        of.taps -= 1;
      },
    });
  }

  #subscribe(
    of: Known,
    hearer: Omit<Hearer, 'seen'>,
    tell: (hearer: Hearer) => void = () => {},
  ): () => void {
    const hearing = { ...hearer, seen: of.isRing ? of.version : 0 };
    tell(hearing);
    of.hearers.push(hearing);
    if (!of.isRing && !this.#joining.includes(of)) this.#joining.push(of);
    return () => {
      of.hearers = of.hearers.filter((other) => other !== hearing);
    };
  }

  #stop(): void {
    const { length } = this.#stops;
    if (length === 0) return;
    const [ended] = this.#stops.splice(this.#next(length), 1);
    ended?.stop();
    ended?.stop();
    ended?.leave();
  }

  #remove(): void {
    const key = this.#key();
    const dependents = this.#next(2) === 0;
    const known = this.#records.get(key);
    const gone = known ? this.#downstream(known) : new Set<Known>();
    const code = this.#code(() => this.#db.removeRecord(key, { dependents }));
    const isRefused = gone.size > 1 && !dependents;
    expect(code).toBe(known ? (isRefused ? 'RECORD_IN_USE' : 'none') : 'UNKNOWN_RECORD');
    if (code !== 'none') return;
    for (const record of gone) {
      record.leave?.();
      this.#records.delete(record.key);
      this.#gone.push(record);
      this.#changed = this.#changed.filter((other) => other !== record);
      this.#joining.push(record);
    }
  }

  #write(): void {
    const key = this.#key();
    const celsius = this.#next(50);
    const known = this.#records.get(key);
    const code = this.#code(() => this.#db.set(key, value(celsius)));
    expect(code).toBe(known ? 'none' : 'UNKNOWN_RECORD');
    if (known) this.#commit(known, celsius);
  }

  #commit(known: Known, celsius: number): void {
    known.version += 1;
    known.values = [...known.values, celsius].slice(known.isRing ? -CAPACITY : -1);
    if (known.hearers.length > 0 && !this.#changed.includes(known)) this.#changed.push(known);
  }

  /** Handles of records that are gone reach nothing, whoever has their key now. */
  #touchGone(): void {
    const known = this.#gone[this.#next(Math.max(1, this.#gone.length))];
    if (!known) return;
    const { handle } = known;
    for (const use of [() => handle.get(), () => handle.set(value(1)), () => handle.version]) {
      expect(this.#code(use)).toBe('RECORD_REMOVED');
    }
  }

  /** Lets all be told, and what that makes, until nothing happens any more. */
  async #settle(): Promise<void> {
    await turn();
    while (this.#changed.length + this.#joining.length > 0) {
      const [changed, joining] = [this.#changed, this.#joining];
      [this.#changed, this.#joining] = [[], []];
      for (const known of [...changed, ...joining]) this.#tell(known);
    }
    for (const { real, model } of this.#heard) expect(real).toEqual(model);
    expect(this.#errors).toEqual([]);
  }

  #tell(known: Known): void {
    const { values, version } = known;
    const oldest = version - values.length + 1;
    for (let at = oldest; at <= version; at++) {
      for (const hearer of known.hearers) {
        if (hearer.seen >= at) continue;
        if (known.isRing && at - 1 > hearer.seen) hearer.lag(at - 1 - hearer.seen);
        hearer.seen = at;
        hearer.take(values[at - oldest] as number);
      }
    }
  }

  /** The database and the model hold the same. */
  #compare(): void {
    const known = [...this.#records.values()];
    expect(this.#db.graph()).toEqual(
      known.map(({ key, inputs, leave, taps }) => ({
        key,
        schemaType: 'temperature',
        inputs: inputs.map((input) => input.key),
        writers: leave ? [inputs.length === 1 ? 'transform' : 'join'] : [],
        taps,
      })),
    );
    expect(this.#db.keys()).toEqual(known.map(({ key }) => key));
    for (const { key, handle, values, version } of known) {
      expect(this.#db.record(key)).toBe(handle);
      expect(handle.version).toBe(version);
      expect(handle.history().map(number)).toEqual(values);
      expect(number(handle.get())).toBe(values.at(-1));
    }
  }
}

const SEEDS = Array.from({ length: 150 }, (_, at) => at + 1);

test.each(SEEDS)('any program does what its model says: seed %i', async (seed) => {
  await new Program(seed, database()).run();
});
