/**
 * Text with `{{path}}` filled in: by the value when it is a string, a number or a boolean, and left as it stands
 * otherwise. Nothing is trimmed and `{{}}` is no placeholder.
 */

export class Template {
  /** Texts at even places, paths at odd ones. */
  readonly #pieces: readonly string[];

  constructor(source: string) {
    this.#pieces = split(source);
  }

  fill(read: (path: string) => unknown): string {
    return this.#pieces
      .map((piece, at) => {
        if (at % 2 === 0) return piece;
        const value = read(piece);
        const isText = ['string', 'number', 'boolean'].includes(typeof value);
        return isText ? String(value) : `{{${piece}}}`;
      })
      .join('');
  }
}

function split(source: string): string[] {
  const pieces: string[] = [''];
  let start = 0;
  for (;;) {
    const open = source.indexOf('{{', start);
    const close = open < 0 ? -1 : source.indexOf('}}', open + 2);
    const last = pieces.length - 1;
    if (close < 0) {
      pieces[last] += source.slice(start);
      return pieces;
    }
    const isEmpty = close === open + 2;
    pieces[last] += source.slice(start, isEmpty ? close + 2 : open);
    if (!isEmpty) pieces.push(source.slice(open + 2, close), '');
    start = close + 2;
  }
}
