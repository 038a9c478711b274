/**
 * Code of an application between records: sources, derivations and taps.
 *
 * Guarantees: the engine's graph knows of each, and refuses what it refuses of Rust; the code runs in a microtask, for one
 * value at a time, and what a promise gives is written before the next value is looked at; what the code throws, and
 * what a contract refuses of it, is reported and stops nobody.
 */
import type { Core } from './core.js';
import { AimDbError, badOption, callbackError, calling } from '../errors.js';
import { CLAIM_DERIVATION, CLAIM_SOURCE, CLAIM_TAP } from '../numbers.js';
import { isText, needOptions } from '../options.js';
import { soon } from '../turn.js';
import type { FlowOptions, GraphNode, SourceStart, Unsubscribe, ValueMeta } from '../types.js';
import { needFunction, type View } from './view.js';

/**
 * So many values of a ring wait while an asynchronous function is at work, or fewer if the ring keeps fewer; the oldest of
 * more are missed, and told. Of any other record only the newest waits.
 */
const WAITING_MAX = 1024;
/**
 * So many bytes of one input's values wait at most, as long as they are more than one: as much as a single value may have. Beyond
 * it the oldest are missed, and told.
 */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

/** Looks at a value; of a derivation, gives the next one. */
type Step = (value: unknown, meta: ValueMeta, input: number) => unknown;

/** The values of one input that wait, oldest first. */
interface Lane {
  readonly view: View;
  readonly waiting: [value: unknown, meta: ValueMeta, bytes: number][];
  bytes: number;
  missed: number;
}

/** A place in the graph; gives the way to leave it. */
function claim(core: Core, { key }: View, kind: number, inputs: readonly string[]): () => void {
  const number = calling(() => core.open().claim(key, kind, [...inputs]));
  // With the record, or the database, it is gone by itself; and a number is no other's.
  return () => core.isFreed || core.open().unclaim(key, number);
}

/** Hands the values of some records to code; what it gives goes to `target`, if there is one. */
class Flow {
  readonly #core: Core;
  readonly #target: View | null;
  readonly #lanes: readonly Lane[];
  readonly #step: Step;
  readonly #onLag: ((missed: number, input: string) => void) | undefined;
  readonly #endings: Unsubscribe[];
  #isBusy = false;
  #isEnded = false;

  constructor(
    core: Core,
    views: readonly View[],
    target: View | null,
    step: Step,
    onLag: ((missed: number, input: string) => void) | undefined,
    unclaim: () => void,
  ) {
    this.#core = core;
    this.#target = target;
    this.#step = step;
    this.#onLag = onLag;
    this.#lanes = views.map((view) => ({ view, waiting: [], bytes: 0, missed: 0 }));
    const subscriptions = this.#lanes.map((lane) =>
      lane.view.subscribe((value, meta) => this.#take(lane, value, meta), {
        onLag: (missed) => {
          lane.missed += missed;
        },
      }),
    );
    this.#endings = [...subscriptions, unclaim];
    if (target) target.writer = this;
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#target) this.#target.writer = null;
    for (const end of this.#endings) end();
  }

  get #isOver(): boolean {
    return this.#isEnded || this.#core.isFreed;
  }

  #take(lane: Lane, value: unknown, meta: ValueMeta): void {
    const { isRing, capacity } = lane.view;
    const { waiting } = lane;
    // What does not wait is not weighed.
    const bytes = this.#isBusy ? bytesOf(value) : 0;
    lane.bytes += bytes;
    waiting.push([value, meta, bytes]);
    const most = Math.min(capacity, WAITING_MAX);
    while (waiting.length > most || (lane.bytes > WAITING_BYTES_MAX && waiting.length > 1)) {
      next(lane);
      if (isRing) lane.missed += 1;
    }
    this.#run();
  }

  /** Works on what waits, one input after the other. */
  #run(): void {
    for (let at = 0, idle = 0; idle < this.#lanes.length; at = (at + 1) % this.#lanes.length) {
      if (this.#isBusy || this.#isOver) return;
      const lane = this.#lanes[at] as Lane;
      const found = next(lane);
      idle = found ? 0 : idle + 1;
      if (!found) continue;
      if (lane.missed > 0) this.#tellLag(lane);
      if (!this.#isOver) this.#call(found[0], found[1], at);
    }
  }

  #call(value: unknown, meta: ValueMeta, at: number): void {
    try {
      const result = this.#step(value, meta, at);
      if (!isPromise(result)) {
        this.#put(result);
        return;
      }
      this.#isBusy = true;
      Promise.resolve(result)
        .then(
          (result) => this.#put(result),
          (thrown) => this.#threw(thrown),
        )
        .finally(() => {
          this.#isBusy = false;
          this.#run();
        });
    } catch (thrown) {
      this.#threw(thrown);
    }
  }

  #put(result: unknown): void {
    if (result === undefined || this.#target === null || this.#isOver) return;
    try {
      const written = this.#target.write(result, true);
      if (typeof written !== 'number') this.#core.report(written);
    } catch (thrown) {
      // A value that is none, or code in it that threw.
      if (thrown instanceof AimDbError) this.#core.report(thrown);
      else this.#threw(thrown);
    }
  }

  #tellLag(lane: Lane): void {
    const { missed } = lane;
    const { key } = lane.view;
    lane.missed = 0;
    if (this.#onLag === undefined) {
      const who = this.#target ? `what derives '${this.#target.key}' from it` : 'its tap';
      const message = `record '${key}': ${who} was too slow and missed ${missed} of its values`;
      this.#core.report(new AimDbError('LAGGED', message, { record: key }));
      return;
    }
    try {
      this.#onLag(missed, key);
    } catch (thrown) {
      this.#threw(thrown);
    }
  }

  #threw(thrown: unknown): void {
    const { key } = this.#target ?? (this.#lanes[0] as Lane).view;
    this.#core.report(callbackError(thrown, `record '${key}'`, key));
  }
}

/** Takes the oldest value that waits. */
function next(lane: Lane): Lane['waiting'][number] | undefined {
  const oldest = lane.waiting.shift();
  lane.bytes -= oldest?.[2] ?? 0;
  return oldest;
}

/** About as many bytes as a value takes: two for each letter, eight for each other part. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 8;
  for (const name in value) {
    bytes += 2 * name.length + bytesOf((value as Record<string, unknown>)[name]);
  }
  return bytes;
}

/** Code that looks at each value of a record. */
export function tap(core: Core, view: View, look: unknown, options?: FlowOptions): Unsubscribe {
  const onLag = checked(look, view, options);
  const unclaim = claim(core, view, CLAIM_TAP, []);
  const flow = new Flow(core, [view], null, look as Step, onLag, unclaim);
  return () => flow.end();
}

/** Code that makes a record's values of one other's. */
export function derive(
  core: Core,
  target: View,
  from: string,
  make: unknown,
  options?: FlowOptions,
): Unsubscribe {
  const onLag = checked(make, target, options);
  const step: Step = (value) =>
    (make as (value: unknown, previous: unknown) => unknown)(value, target.get() ?? undefined);
  return derivation(core, target, [from], () => step, onLag);
}

/** Code that makes a record's values of several others', in a list or under names. */
export function join(
  core: Core,
  target: View,
  inputs: readonly string[] | Readonly<Record<string, string>>,
  make: unknown,
  options?: FlowOptions,
): Unsubscribe {
  const onLag = checked(make, target, options);
  if (typeof inputs !== 'object' || inputs === null) {
    throw badOption(
      `record '${target.key}': inputs must be a list or an object of keys`,
      target.key,
    );
  }
  const isList = Array.isArray(inputs);
  const names = Object.keys(inputs);
  const call = make as (values: unknown, changed: number | string) => unknown;
  const step =
    (views: readonly View[]): Step =>
    (value, _, changed) => {
      const values = views.map((view, at) => (at === changed ? value : (view.get() ?? undefined)));
      if (isList) return call(values, changed);
      const named = Object.fromEntries(names.map((name, at) => [name, values[at]]));
      return call(named, names[changed] as string);
    };
  return derivation(core, target, Object.values(inputs), step, onLag);
}

function derivation(
  core: Core,
  target: View,
  keys: readonly string[],
  step: (views: readonly View[]) => Step,
  onLag: ((missed: number, input: string) => void) | undefined,
): Unsubscribe {
  if (!keys.every(isText)) {
    throw badOption(`record '${target.key}': the key of an input is a text`, target.key);
  }
  const unclaim = claim(core, target, CLAIM_DERIVATION, keys);
  // The engine knows them all, or it would have refused.
  const views = keys.map((key) => core.viewsByKey.get(key) as View);
  const flow = new Flow(core, views, target, step(views), onLag, unclaim);
  return () => flow.end();
}

/** Code that brings a record its values. */
export function source(core: Core, view: View, start: unknown): Unsubscribe {
  needFunction(start, view.key);
  const unclaim = claim(core, view, CLAIM_SOURCE, []);
  const controller = new AbortController();
  let ended: AimDbError | null = null;
  let cleanUp: unknown;

  const guarded = (work: () => unknown) => {
    try {
      const result = work();
      if (isPromise(result)) Promise.resolve(result).then(keep, failed);
      else keep(result);
    } catch (thrown) {
      failed(thrown);
    }
  };
  const keep = (given: unknown) => {
    if (typeof given !== 'function') return;
    if (ended) guarded(given as () => void);
    else cleanUp = given;
  };
  const failed = (thrown: unknown) => {
    // That it ended is what it was told, in one word or the other.
    if (ended && (thrown === ended || (thrown as Error | null)?.name === 'AbortError')) return;
    const about = `the source of record '${view.key}'`;
    core.report(thrown instanceof AimDbError ? thrown : callbackError(thrown, about, view.key));
  };
  const produce = (value: unknown) => {
    if (ended) throw ended;
    view.set(value);
  };
  const end = () => {
    if (ended) return;
    const message = `the source of record '${view.key}' has ended: it brings nothing any more`;
    ended = new AimDbError('SOURCE_ENDED', message, { record: view.key });
    view.writer = null;
    unclaim();
    soon(() => {
      controller.abort(ended);
      keep(cleanUp);
    });
  };

  view.writer = { end };
  soon(() => {
    if (!ended) guarded(() => (start as SourceStart<unknown>)(produce, controller.signal));
  });
  return end;
}

/** Who reads whom. */
export function graph(core: Core): readonly GraphNode[] {
  const lines = core.open().graph().split('\n').slice(0, -1);
  const nodes = lines.map((line) => {
    const [key, schemaType, writer, taps, ...inputs] = line.split('\t').slice(0, -1);
    return Object.freeze({
      key,
      schemaType,
      inputs: Object.freeze(inputs),
      writers: Object.freeze(writer ? [writer] : []),
      taps: Number(taps),
    });
  });
  return Object.freeze(nodes) as readonly GraphNode[];
}

/** Checks what every flow is given. */
function checked(code: unknown, { key }: View, options: FlowOptions | undefined) {
  needFunction(code, key);
  needOptions(options, ['onLag'], `record '${key}'`);
  if (options?.onLag !== undefined) needFunction(options.onLag, key);
  return options?.onLag;
}

function isPromise(result: unknown): result is PromiseLike<unknown> {
  return typeof (result as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
