/** What the header says of the last batch, read from memory when it is asked for. */
import type { EngineCall, EngineReport, EngineReportChange } from '../engine.js';
import type { Area } from './area.js';
import type { Names, PathName } from './names.js';
import { ABOVE_SCOPE, PART, WORD } from './numbers.js';

/** What a report needs of its engine. */
export interface ReportSource {
  readonly area: Area;
  readonly names: Names;
  /** The state before the batch; to be asked for before the batch is applied. */
  takeBefore(): unknown;
  /** The state after the batch. */
  readonly state: unknown;
  /** The value of a change, after the batch was applied. */
  valueOf(index: number): unknown;
  sender(number: number): unknown;
  value(choice: number): unknown;
}

export class WasmReport implements EngineReport {
  readonly keptCount: number;
  readonly #source: ReportSource;
  #changes: readonly EngineReportChange[] | undefined;
  #plan: readonly EngineCall[] | undefined;
  #heads: readonly number[] | undefined;
  #before: { readonly state: unknown } | undefined;

  constructor(source: ReportSource) {
    this.#source = source;
    this.keptCount = source.area.word(WORD.keptCount);
  }

  get before(): unknown {
    this.#before ??= { state: this.#source.takeBefore() };
    return this.#before.state;
  }

  get after(): unknown {
    return this.#source.state;
  }

  /** The entries that are changes, and not parts of one. */
  get heads(): readonly number[] {
    this.#heads ??= headsOf(this.#source.area);
    return this.#heads;
  }

  get changes(): readonly EngineReportChange[] {
    this.#changes ??= this.heads.map((index) => this.#change(index));
    return this.#changes;
  }

  get conditions(): EngineReport['conditions'] {
    const { area } = this.#source;
    return area
      .list(WORD.conditions)
      .map((id, at) => ({ id, holds: area.u8At(WORD.holds, at) === 1 }));
  }

  get choices(): EngineReport['choices'] {
    const ids = this.#source.area.list(WORD.choices);
    return ids.map((id) => ({ id, value: this.#source.value(id) }));
  }

  get texts(): readonly number[] {
    return this.#source.area.list(WORD.texts);
  }

  get validators(): readonly number[] {
    return this.#source.area.list(WORD.validators);
  }

  get plan(): readonly EngineCall[] {
    if (this.#plan === undefined) {
      const { area } = this.#source;
      const call = (listener: number, at: number) => new Call(this, listener, at);
      this.#plan = area.list(WORD.listeners).map(call);
    }
    return this.#plan;
  }

  /** The changes of the plan's nth call. */
  changesOf(call: number): EngineCall['changes'] {
    const { area, names } = this.#source;
    const hasParts = this.heads.length < area.count(WORD.changePaths);
    const end = area.u32At(WORD.planStarts, call + 1);
    const changes: { index: number; relativePath: string }[] = [];
    for (let at = area.u32At(WORD.planStarts, call); at < end; at++) {
      const entry = area.u32At(WORD.planChanges, at);
      const path = names.path(area.u32At(WORD.changePaths, entry));
      const relativePath = relative(path, area.u32At(WORD.planStrips, at));
      changes.push({ index: hasParts ? this.heads.indexOf(entry) : entry, relativePath });
    }
    return changes;
  }

  #change(index: number): EngineReportChange {
    const { area, names } = this.#source;
    return {
      path: names.path(area.u32At(WORD.changePaths, index)).text,
      value: this.#source.valueOf(index),
      lineage: area.u8At(WORD.changeLineages, index),
      sender: this.#source.sender(area.u32At(WORD.changeSenders, index)),
    };
  }
}

/** One call of the plan, read when it is asked for: who is only told needs no list of changes. */
class Call implements EngineCall {
  readonly listener: number;
  readonly #report: WasmReport;
  readonly #at: number;
  #changes: EngineCall['changes'] | undefined;

  constructor(report: WasmReport, listener: number, at: number) {
    this.listener = listener;
    this.#report = report;
    this.#at = at;
  }

  get changes(): EngineCall['changes'] {
    this.#changes ??= this.#report.changesOf(this.#at);
    return this.#changes;
  }
}

function headsOf(area: Area): number[] {
  const heads: number[] = [];
  const count = area.count(WORD.changePaths);
  for (let at = 0; at < count; at++) {
    if ((area.u8At(WORD.changeKinds, at) & PART) === 0) heads.push(at);
  }
  return heads;
}

function relative(path: PathName, strip: number): string {
  if (strip === 0) return path.text;
  return strip === ABOVE_SCOPE ? '' : path.segments.slice(strip).join('.');
}

/** The report of a batch in which nothing differs from the state. */
export class UnchangedReport implements EngineReport {
  readonly changes = [];
  readonly conditions = [];
  readonly choices = [];
  readonly texts = [];
  readonly validators = [];
  readonly plan = [];
  readonly keptCount = 0;
  readonly #source: ReportSource;

  constructor(source: ReportSource) {
    this.#source = source;
  }

  get before(): unknown {
    return this.#source.state;
  }

  get after(): unknown {
    return this.#source.state;
  }
}
