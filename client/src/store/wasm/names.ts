/**
 * Paths and texts by the engine's numbers: each string crosses once, and is forgotten here when the engine says that
 * its number is free again.
 */
import type { Pipeline } from '../../../wasm/pipeline.js';
import type { Area } from './area.js';
import { NONE, WORD } from './numbers.js';
import type { Failing } from './failure.js';
import { bytesMax, readText, writeText } from './text.js';

/** A path. */
export interface PathName {
  readonly text: string;
  readonly segments: readonly string[];
  /** The text of the path above; undefined where that text does not say which it is: above the root, or with a dot in a key. */
  readonly parent: string | undefined;
}

const ROOT: PathName = { text: '', segments: [], parent: undefined };
/** The area for texts is at least this long, in bytes; a longer one is given back after use. */
const TEXT_AREA_MIN = 4096;

export class Names {
  readonly #pipeline: Pipeline;
  readonly #area: Area;
  readonly #fail: Failing;
  readonly #paths: (PathName | undefined)[] = [];
  readonly #pathIds = new Map<string, number>();
  readonly #texts: (string | undefined)[] = [];
  readonly #textIds = new Map<string, number>();
  #textCapacity = 0;

  constructor(pipeline: Pipeline, area: Area, fail: Failing) {
    this.#pipeline = pipeline;
    this.#area = area;
    this.#fail = fail;
  }

  /** How many strings are remembered. */
  get size(): number {
    return this.#pathIds.size + this.#textIds.size;
  }

  /** The id of a path; good until the end of the next batch, or as long as something refers to it. */
  pathId(text: string): number {
    const known = this.#pathIds.get(text);
    if (known !== undefined) return known;
    const id = this.#interned(this.#pipeline.internPath(this.write(text)), text);
    this.#pathIds.set(text, id);
    this.#paths[id] ??= written(text);
    return id;
  }

  /** The segments of a path, known to the engine or not. */
  segments(text: string): readonly string[] {
    const id = this.#pathIds.get(text);
    const known = id === undefined ? undefined : this.#paths[id];
    return (known ?? written(text)).segments;
  }

  /** The id of the path one key below another; the key may contain dots. */
  childId(parent: number, key: string): number {
    const bytes = this.write(key);
    return this.#interned(this.#pipeline.internChild(parent, bytes), key);
  }

  textId(text: string): number {
    const known = this.#textIds.get(text);
    if (known !== undefined) return known;
    const id = this.#interned(this.#pipeline.internText(this.write(text)), undefined);
    this.#textIds.set(text, id);
    this.#texts[id] = text;
    return id;
  }

  path(id: number): PathName {
    const known = this.#paths[id];
    if (known !== undefined) return known;
    const parentId = this.#pipeline.parent(id);
    if (parentId === NONE) return ROOT;
    const parent = this.path(parentId);
    const segment = this.text(this.#pipeline.segment(id));
    const isTop = parent === ROOT;
    const isPlain = !segment.includes('.') && (isTop || parent.parent !== undefined);
    const path: PathName = {
      text: isTop ? segment : `${parent.text}.${segment}`,
      segments: [...parent.segments, segment],
      parent: isPlain ? parent.text : undefined,
    };
    this.#paths[id] = path;
    return path;
  }

  text(id: number): string {
    const known = this.#texts[id];
    if (known !== undefined) return known;
    this.#pipeline.text(id);
    const text = readText(this.#area.bytes(WORD.text));
    this.#texts[id] = text;
    this.#textIds.set(text, id);
    return text;
  }

  /** Forgets the paths and texts that the last report says are free. */
  forget(): void {
    forgetAll(this.#area, WORD.freedPaths, this.#paths, this.#pathIds, (path) => path.text);
    forgetAll(this.#area, WORD.freedTexts, this.#texts, this.#textIds, (text) => text);
  }

  /** Puts a string into the area for texts; returns its length in bytes. */
  write(text: string): number {
    this.reserve(bytesMax(text));
    return writeText(text, this.#area.u8, this.#area.word(WORD.textArea));
  }

  /** Makes room for so many bytes in the area for texts. */
  reserve(bytes: number): void {
    const wanted = Math.max(bytes, TEXT_AREA_MIN);
    if (wanted === this.#textCapacity) return;
    this.#pipeline.reserveText(wanted);
    this.#textCapacity = wanted;
  }

  #interned(id: number, path: string | undefined): number {
    if (id === NONE) throw this.#fail(path);
    return id;
  }
}

/** A path as an application writes it. */
function written(text: string): PathName {
  if (text === '') return ROOT;
  return {
    text,
    segments: text.split('.'),
    parent: text.slice(0, Math.max(0, text.lastIndexOf('.'))),
  };
}

function forgetAll<Name>(
  area: Area,
  word: number,
  names: (Name | undefined)[],
  ids: Map<string, number>,
  textOf: (name: Name) => string,
): void {
  const count = area.count(word);
  for (let at = 0; at < count; at++) {
    const id = area.u32At(word, at);
    const name = names[id];
    if (name === undefined) continue;
    names[id] = undefined;
    // A key with a dot in it reads like another path: that one stays.
    const text = textOf(name);
    if (ids.get(text) === id) ids.delete(text);
  }
}
