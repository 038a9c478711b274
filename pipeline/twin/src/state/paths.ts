/**
 * Paths: segments joined by dots, `''` is the root, case sensitive.
 *
 * A path is an immutable object that knows its parent; two paths are the same when their keys are. The key separates
 * segments by a character that no segment of a key contains unescaped, so that a prefix test is a test of text and a
 * key of a user's object that contains a dot is no confusion. Nothing is kept beyond a small cache of parsed texts.
 */
import { PipelineError } from '../error.js';

/** The most segments of one path: it bounds every walk and every recursion over the state. */
export const SEGMENTS_MAX = 64;
/** Parsed texts are remembered up to this many; then the cache begins anew. */
const PARSED_MAX = 16_384;
/** The longest segment that is an array index. */
const INDEX_DIGITS_MAX = 9;

/** A parsed path. */
export interface Path {
  /** As the user writes it. */
  readonly text: string;
  /** The identity. */
  readonly key: string;
  readonly parent: Path | undefined;
  /** All segments from the root. */
  readonly segments: readonly string[];
  readonly depth: number;
}

/** How a written path lies to a named one. */
export type Relation = 'exact' | 'above' | 'below';

/** The path `''`. */
export const ROOT: Path = { text: '', key: '', parent: undefined, segments: [], depth: 0 };

const parsed = new Map<string, Path>();

/** The path of a text. */
export function parsePath(text: string): Path {
  if (text === '') return ROOT;
  let path = parsed.get(text);
  if (path === undefined) {
    path = text.split('.').reduce(child, ROOT);
    if (parsed.size >= PARSED_MAX) parsed.clear();
    parsed.set(text, path);
  }
  return path;
}

/** The path one segment below another. */
export function child(parent: Path, segment: string): Path {
  const depth = parent.depth + 1;
  if (depth > SEGMENTS_MAX) {
    const message = `a path has ${depth} segments, which is too many`;
    throw new PipelineError('PATH_TOO_DEEP', message, parent.text);
  }
  return {
    text: depth === 1 ? segment : `${parent.text}.${segment}`,
    key: `${parent.key}\u0000${escapeSegment(segment)}`,
    parent,
    segments: [...parent.segments, asKey(segment)],
    depth,
  };
}

/** Whether `below` is `above` itself or lies under it. */
export function isAtOrBelow(below: Path, above: Path): boolean {
  if (!below.key.startsWith(above.key)) return false;
  return below.key.length === above.key.length || below.key[above.key.length] === '\u0000';
}

/** Whether one lies at, above or below the other. */
export function isNear(left: Path, right: Path): boolean {
  return isAtOrBelow(left, right) || isAtOrBelow(right, left);
}

/** The relation between a written path and a named one, by the paths alone. */
export function relate(written: Path, named: Path): Relation | undefined {
  if (written.key === named.key) return 'exact';
  if (isAtOrBelow(written, named)) return 'below';
  return isAtOrBelow(named, written) ? 'above' : undefined;
}

/** The segments that lead from `above` down to `below`. */
export function segmentsBetween(above: Path, below: Path): readonly string[] {
  return below.segments.slice(above.depth);
}

/** The path that lies below `base` as `path` lies below `above`. */
export function moved(path: Path, above: Path, base: Path): Path {
  if (path.depth === above.depth) return base;
  return segmentsBetween(above, path).reduce(child, base);
}

/** The path that is read at a change: for `x.length` the array, whose elements decide it. */
export function observed(path: Path): Path {
  const isLength = path.parent !== undefined && path.segments.at(-1) === 'length';
  return isLength ? path.parent : path;
}

/** Leaves each path once, in the order given. */
export function distinct(paths: readonly Path[]): Path[] {
  return [...new Map(paths.map((path) => [path.key, path])).values()];
}

/** The array index a segment names, in the one form JavaScript writes it. */
export function arrayIndex(segment: string): number | undefined {
  const isIndex = segment.length <= INDEX_DIGITS_MAX && /^(0|[1-9][0-9]*)$/.test(segment);
  return isIndex ? Number(segment) : undefined;
}

/** The same text in the form in which engines look up keys: a piece cut from a longer text is slow at that. */
function asKey(segment: string): string {
  const [key = segment] = Object.keys({ [segment]: true });
  return key;
}

function escapeSegment(segment: string): string {
  if (!segment.includes('\u0000') && !segment.includes('\u0001')) return segment;
  return segment.replaceAll('\u0001', '\u00011').replaceAll('\u0000', '\u00010');
}
