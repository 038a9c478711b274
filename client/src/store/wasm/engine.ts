/**
 * The pipeline in WebAssembly as a store uses it.
 *
 * Guarantees: paths and texts cross once; a batch is one call, and its report is read only as far as somebody looks.
 * Values handed out are frozen. A refused batch or registration leaves everything as it was.
 */
import { Pipeline } from '../../../wasm/pipeline.js';
import type {
  EngineChange,
  EngineOrigin,
  EngineReport,
  EngineRules,
  NumberDoor,
  Registered,
  StoreEngine,
} from '../engine.js';
import { PipelineError } from '../errors.js';
import { Area } from './area.js';
import { BatchWriter } from './batch.js';
import { type Failing, failingOf } from './failure.js';
import { pipelineMemory } from './load.js';
import { Mirror } from './mirror.js';
import { Names } from './names.js';
import {
  BRINGS,
  KIND,
  LISTENER_DEPTH_MAX,
  NONE,
  OUTCOME,
  PART,
  ROUNDS_MAX,
  WORD,
} from './numbers.js';
import { type ReportSource, UnchangedReport, WasmReport } from './report.js';
import { writeRules } from './rules.js';
import { Slots } from './slots.js';
import { Template } from './template.js';

/** The input has room for at least so many entries; what is beyond the second number is given back after the batch. */
const ENTRIES_MIN = 1024;
const ENTRIES_KEPT = 1 << 16;

/** What an engine is made with. */
export interface WasmEngineOptions {
  /** Rounds of the derived stages; 1 is the single pass of older engines, which leaves the rest undone. */
  readonly passes?: number;
}

export class WasmEngine implements StoreEngine, ReportSource {
  readonly area: Area;
  readonly names: Names;
  readonly numbers: NumberDoor;
  readonly #pipeline: Pipeline;
  readonly #fail: Failing;
  readonly #slots = new Slots();
  readonly #mirror = new Mirror();
  readonly #batch: BatchWriter;
  readonly #unchanged = new UnchangedReport(this);
  /** Who wrote, by the numbers of the last batch; 0 is nobody. */
  #senders: unknown[] = [undefined];
  #capacity = 0;
  /** There is a report that the mirror has not followed yet. */
  #isBehind = false;
  /** There is a report whose freed numbers are not forgotten yet. */
  #isHolding = false;
  readonly #registrations = new Map<number, Registered>();
  readonly #leaves = new Map<number, readonly unknown[]>();
  readonly #templates = new Map<number, Template>();

  constructor(options: WasmEngineOptions = {}) {
    const memory = pipelineMemory();
    this.#pipeline = new Pipeline(options.passes ?? ROUNDS_MAX);
    this.area = new Area(memory, this.#pipeline);
    this.#fail = failingOf(this.area);
    this.names = new Names(this.#pipeline, this.area, this.#fail);
    this.#batch = new BatchWriter(this.names, this.#slots);
    this.numbers = {
      intern: (paths) => this.#retain(paths),
      release: (ids) => this.#release(ids),
      process: (ids, values, sender) => this.#processNumbers(ids, values, sender),
    };
  }

  get state(): unknown {
    this.#follow();
    return this.#mirror.expose();
  }

  /** How much is kept on this side of the boundary, and on the other. */
  get sizes(): { readonly strings: number; readonly slots: number; readonly engineBytes: number } {
    return {
      strings: this.names.size,
      slots: this.#slots.size,
      engineBytes: this.#pipeline.capacityBytes(),
    };
  }

  get(path: string): unknown {
    this.#follow();
    return this.#mirror.get(this.names.segments(path));
  }

  process(changes: readonly EngineChange[], origin: EngineOrigin = {}): EngineReport {
    const depth = origin.listenerDepth ?? 0;
    if (depth > LISTENER_DEPTH_MAX) {
      const message = `listeners answered each other more than ${LISTENER_DEPTH_MAX} times`;
      throw new PipelineError('LISTENER_TOO_DEEP', message);
    }
    this.#finish();
    const batch = this.#batch;
    batch.clear();
    try {
      for (const [index, change] of changes.entries()) this.#add(change, index);
    } catch (error) {
      batch.abandon();
      throw error;
    }
    this.#reserve(batch.count);
    batch.copyTo(this.area);
    return this.#run(batch.count, batch.flags, depth);
  }

  register(rules: EngineRules): { ids: Registered; report: EngineReport } {
    const { bytes, leaves } = writeRules(rules);
    this.#finish();
    this.names.reserve(bytes.length);
    this.area.u8.set(bytes, this.area.word(WORD.textArea));
    const report = this.#reported(this.#pipeline.register(bytes.length));
    const ids = this.#readIds();
    this.#registrations.set(ids.id, ids);
    for (const [at, id] of ids.choices.entries()) this.#leaves.set(id, leaves[at] ?? []);
    for (const [at, id] of ids.texts.entries()) {
      this.#templates.set(id, new Template(rules.texts?.[at] ?? ''));
    }
    return { ids, report };
  }

  unregister(id: number): boolean {
    const ids = this.#registrations.get(id);
    if (ids === undefined) return false;
    this.#finish();
    this.#pipeline.unregister(id);
    this.#isHolding = true;
    this.#finish();
    this.#registrations.delete(id);
    for (const choice of ids.choices) this.#leaves.delete(choice);
    for (const text of ids.texts) this.#templates.delete(text);
    return true;
  }

  holds(condition: number): boolean | undefined {
    const answer = this.#pipeline.holds(condition);
    return answer === NONE ? undefined : answer === 1;
  }

  value(choice: number): unknown {
    const leaf = this.#pipeline.leaf(choice);
    return leaf === NONE ? undefined : this.#leaves.get(choice)?.[leaf];
  }

  text(text: number): string | undefined {
    return this.#templates.get(text)?.fill((path) => this.get(path));
  }

  /** Gives the memory back. The engine must not be used any more. */
  free(): void {
    this.#pipeline.free();
  }

  // ---- what a report asks for

  takeBefore(): unknown {
    if (!this.#isBehind) {
      throw new PipelineError('REPORT_STALE', 'the state before was not asked for in time');
    }
    return this.#mirror.expose();
  }

  sender(number: number): unknown {
    return this.#senders[number];
  }

  valueOf(index: number): unknown {
    const { area } = this;
    const kind = area.u8At(WORD.changeKinds, index);
    const number = area.f64At(WORD.changeNumbers, index);
    if (kind < KIND.object || number !== NONE) return this.#value(kind, number);
    this.#follow();
    return this.#mirror.get(this.names.path(area.u32At(WORD.changePaths, index)).segments);
  }

  // ---- inside

  #add(change: EngineChange, index: number): void {
    if (!Array.isArray(change) || typeof change[0] !== 'string') {
      const message = `entry ${index} of the batch is malformed: it has no path`;
      throw new PipelineError('MALFORMED_INPUT', message);
    }
    const [path, value, meta]: EngineChange = change as never;
    this.#batch.add(path, value, this.#senderNumber(meta?.sender));
  }

  #senderNumber(sender: unknown): number {
    if (sender === undefined) return 0;
    const known = this.#senders.lastIndexOf(sender);
    return known > 0 ? known : this.#senders.push(sender) - 1;
  }

  #processNumbers(ids: Uint32Array, values: Float64Array, sender: unknown): EngineReport {
    const count = ids.length;
    if (values.length !== count) {
      const message = `${count} paths and ${values.length} values do not fit together`;
      throw new PipelineError('MALFORMED_INPUT', message);
    }
    this.#finish();
    this.#reserve(count);
    const { area } = this;
    area.u32.set(ids, area.word(WORD.inputPaths) >>> 2);
    area.f64.set(values, area.word(WORD.inputNumbers) >>> 3);
    if (sender === undefined) return this.#run(count, 0, 0);
    const senders = area.word(WORD.inputSenders) >>> 2;
    area.u32.fill(this.#senderNumber(sender), senders, senders + count);
    return this.#run(count, BRINGS.senders, 0);
  }

  #run(count: number, flags: number, depth: number): EngineReport {
    const status = this.#pipeline.process(count, flags, depth);
    if (status === OUTCOME.unchanged) return this.#unchanged;
    return this.#reported(status);
  }

  /** The report of what was done, or the error of what was refused. */
  #reported(status: number): EngineReport {
    this.#isHolding = true;
    if (status === OUTCOME.refused) throw this.#fail();
    this.#isBehind = true;
    return new WasmReport(this);
  }

  /** Lets the mirror follow the last report. */
  #follow(): void {
    if (!this.#isBehind) return;
    this.#isBehind = false;
    const { area, names } = this;
    const count = area.count(WORD.changePaths);
    for (let at = 0; at < count; at++) {
      const kind = area.u8At(WORD.changeKinds, at) & ~PART;
      const number = area.f64At(WORD.changeNumbers, at);
      const path = names.path(area.u32At(WORD.changePaths, at));
      this.#mirror.set(path, this.#value(kind, number));
    }
  }

  /** Ends the time of the last report: what it says is free may be used again. */
  #finish(): void {
    this.#follow();
    if (this.#senders.length > 1) this.#senders = [undefined];
    if (!this.#isHolding) return;
    this.#isHolding = false;
    this.names.forget();
    this.#slots.forget(this.area);
    if (this.#capacity > ENTRIES_KEPT) this.#resize(ENTRIES_MIN);
  }

  #value(kind: number, number: number): unknown {
    switch (kind) {
      case KIND.number:
        return number;
      case KIND.text:
        return this.names.text(number);
      case KIND.bool:
        return number === 1;
      case KIND.null:
        return null;
      case KIND.undefined:
        return undefined;
      default:
        return number === NONE ? this.#mirror.empty(kind === KIND.array) : this.#slots.get(number);
    }
  }

  #reserve(entries: number): void {
    if (entries > this.#capacity) this.#resize(Math.max(entries, ENTRIES_MIN));
  }

  #resize(entries: number): void {
    this.#pipeline.reserve(entries);
    this.#capacity = entries;
  }

  #retain(paths: readonly string[]): Uint32Array {
    this.#finish();
    const ids = new Uint32Array(paths.length);
    let count = 0;
    try {
      for (; count < paths.length; count++) {
        const id = this.names.pathId(paths[count] as string);
        this.#pipeline.retain(id);
        ids[count] = id;
      }
    } catch (error) {
      this.#release(ids.subarray(0, count));
      throw error;
    }
    return ids;
  }

  #release(ids: Uint32Array): void {
    for (const id of ids) this.#pipeline.release(id);
  }

  #readIds(): Registered {
    const [id = 0, ...rest] = this.area.list(WORD.ids);
    const next = () => rest.splice(0, rest.shift() ?? 0);
    return {
      id,
      listeners: next(),
      conditions: next(),
      choices: next(),
      texts: next(),
      validators: next(),
    };
  }
}
