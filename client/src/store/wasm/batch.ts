/**
 * A batch on its way in: values as kinds and numbers, in arrays that are used again.
 *
 * A plain object or array is copied and frozen here, so that the application's own stays its own; its parts follow
 * the entry of the object, and the copy is kept in a slot, to be handed out as one piece.
 */
import { PipelineError } from '../errors.js';
import type { Area } from './area.js';
import type { Names } from './names.js';
import { BRINGS, ENTRIES_MAX, KIND, NONE, PART, WORD } from './numbers.js';
import { type Container, isPlain, setKey } from './plain.js';
import type { Slots } from './slots.js';

/** How many entries there is room for at first; more are given back after the batch. */
const ENTRIES_MIN = 256;

export class BatchWriter {
  readonly #names: Names;
  readonly #slots: Slots;
  #paths = new Uint32Array(ENTRIES_MIN);
  #kinds = new Uint8Array(ENTRIES_MIN);
  #numbers = new Float64Array(ENTRIES_MIN);
  #senders = new Uint32Array(ENTRIES_MIN);
  #sender = 0;
  /** The slots this batch took. */
  readonly #taken: number[] = [];
  count = 0;
  /** What it brings beside paths and numbers. */
  flags = 0;

  constructor(names: Names, slots: Slots) {
    this.#names = names;
    this.#slots = slots;
  }

  clear(): void {
    this.count = 0;
    this.flags = 0;
    this.#taken.length = 0;
    if (this.#paths.length > ENTRIES_MIN) this.#resize(ENTRIES_MIN);
  }

  /** Gives back what the batch took, when the engine will not hear of it. */
  abandon(): void {
    for (const slot of this.#taken) this.#slots.remove(slot);
    this.clear();
  }

  /** Adds one change. `sender` is a number, 0 for none. */
  add(path: string, value: unknown, sender: number): void {
    this.#sender = sender;
    if (sender !== 0) this.flags |= BRINGS.senders;
    this.#put(this.#names.pathId(path), value);
  }

  /** Copies the entries into the module's memory, where there is room for them. */
  copyTo(area: Area): void {
    const { count } = this;
    const paths = area.word(WORD.inputPaths) >>> 2;
    const kinds = area.word(WORD.inputKinds);
    const numbers = area.word(WORD.inputNumbers) >>> 3;
    const senders = area.word(WORD.inputSenders) >>> 2;
    const { u8, u32, f64 } = area;
    for (let at = 0; at < count; at++) {
      u32[paths + at] = this.#paths[at] as number;
      u8[kinds + at] = this.#kinds[at] as number;
      f64[numbers + at] = this.#numbers[at] as number;
      u32[senders + at] = this.#senders[at] as number;
    }
  }

  #put(path: number, value: unknown): void {
    if (typeof value === 'number') this.#push(path, KIND.number, value);
    else if (typeof value === 'string') this.#push(path, KIND.text, this.#names.textId(value));
    else if (typeof value === 'boolean') this.#push(path, KIND.bool, value ? 1 : 0);
    else if (value === undefined) this.#push(path, KIND.undefined, 0);
    else if (value === null) this.#push(path, KIND.null, 0);
    else this.#putObject(path, value);
  }

  #putObject(path: number, value: unknown): void {
    const head = this.count;
    if (Array.isArray(value) || isPlain(value)) {
      const copy = this.#putContainer(path, value, 0);
      this.#numbers[head] = this.#slot(copy);
    } else {
      this.#push(path, KIND.slot, this.#slot(value));
    }
  }

  /** Adds an object and what lies below; returns a frozen copy. */
  #putContainer(path: number, value: Container, flag: number): Container {
    const isArray = Array.isArray(value);
    this.#push(path, (isArray ? KIND.array : KIND.object) | flag, NONE);
    const copy: Container = isArray ? [] : {};
    if (isArray) {
      // By index: holes are undefined.
      for (let at = 0; at < value.length; at++) this.#putPart(path, String(at), value[at], copy);
    } else {
      for (const key of Object.keys(value)) {
        const descriptor = Object.getOwnPropertyDescriptor(value, key);
        if (!descriptor || !('value' in descriptor)) throw this.#noData(path, key, 'a getter');
        this.#putPart(path, key, descriptor.value, copy);
      }
    }
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      const isHidden = !Object.prototype.propertyIsEnumerable.call(value, symbol);
      if (!isHidden) throw this.#noData(path, String(symbol), 'a field under a symbol');
    }
    Object.freeze(copy);
    return copy;
  }

  #putPart(parent: number, key: string, value: unknown, copy: Container): void {
    const path = this.#names.childId(parent, key);
    if (Array.isArray(value) || isPlain(value)) {
      setKey(copy, key, this.#putContainer(path, value, PART));
      return;
    }
    const at = this.count;
    this.#put(path, value);
    this.#kinds[at] = (this.#kinds[at] as number) | PART;
    setKey(copy, key, value);
  }

  /** What a copy would not have: a getter is not run, and no path leads to a symbol. */
  #noData(parent: number, key: string, what: string): PipelineError {
    const { text } = this.#names.path(parent);
    const path = text === '' ? key : `${text}.${key}`;
    return new PipelineError('NOT_DATA', `'${path}' is ${what}: write plain values`, path);
  }

  #slot(value: unknown): number {
    const slot = this.#slots.add(value);
    if (slot === undefined) {
      throw new PipelineError('TOO_MANY_OBJECTS', 'the state holds too many objects');
    }
    this.#taken.push(slot);
    return slot;
  }

  #push(path: number, kind: number, number: number): void {
    const at = this.count;
    if (at === this.#paths.length) this.#grow();
    this.#paths[at] = path;
    this.#kinds[at] = kind;
    this.#numbers[at] = number;
    this.#senders[at] = this.#sender;
    if (kind !== KIND.number) this.flags |= BRINGS.kinds;
    this.count = at + 1;
  }

  #grow(): void {
    if (this.count >= ENTRIES_MAX) {
      const message = `more than ${ENTRIES_MAX} values were written in one batch`;
      throw new PipelineError('TOO_MANY_WRITES', message);
    }
    const [paths, kinds, numbers, senders] = [
      this.#paths,
      this.#kinds,
      this.#numbers,
      this.#senders,
    ];
    this.#resize(this.count * 2);
    this.#paths.set(paths);
    this.#kinds.set(kinds);
    this.#numbers.set(numbers);
    this.#senders.set(senders);
  }

  #resize(entries: number): void {
    this.#paths = new Uint32Array(entries);
    this.#kinds = new Uint8Array(entries);
    this.#numbers = new Float64Array(entries);
    this.#senders = new Uint32Array(entries);
  }
}
