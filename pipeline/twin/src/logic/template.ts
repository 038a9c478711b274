/**
 * Text with `{{path}}` filled in.
 *
 * A placeholder is replaced when the value at its path is a text, a number or a boolean, and left as it stands
 * otherwise. Nothing is trimmed and `{{}}` is no placeholder. The paths are what the text depends on.
 */
import { distinct, observed, type Path, parsePath } from '../state/paths.js';
import type { State } from '../state/state.js';

type Piece = string | { readonly path: Path; readonly raw: string };

/** A template that can be filled in. */
export class Template {
  readonly #pieces: Piece[];
  /** The paths of its placeholders in the order of the text, each once. */
  readonly placeholders: readonly Path[];

  constructor(source: string) {
    this.#pieces = split(source);
    this.placeholders = distinct(
      this.#pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.path])),
    );
  }

  /** The paths whose changes can change the text. */
  get watched(): Path[] {
    return distinct(this.placeholders.map(observed));
  }

  /** The text in this state. */
  fill(state: State): string {
    return this.#pieces
      .map((piece) => {
        if (typeof piece === 'string') return piece;
        const value = state.look(piece.path);
        const isText = ['string', 'number', 'boolean'].includes(typeof value);
        return isText ? String(value) : piece.raw;
      })
      .join('');
  }
}

function split(source: string): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (;;) {
    const open = source.indexOf('{{', start);
    const close = open < 0 ? -1 : source.indexOf('}}', open + 2);
    if (close < 0) return [...pieces, source.slice(start)];
    const [raw, text] = [source.slice(open, close + 2), source.slice(open + 2, close)];
    pieces.push(source.slice(start, open), text === '' ? raw : { path: parsePath(text), raw });
    start = close + 2;
  }
}
