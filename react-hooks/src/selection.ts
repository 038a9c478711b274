/**
 * The last selection of one component. It is handed out again while what it was selected from and the selector are the
 * same, and also when a new selection is equal: React then sees no change.
 */
export class KeptSelection<FROM, SELECTED> {
  #last: { from: FROM; selector: (from: FROM) => SELECTED; selected: SELECTED } | undefined;

  select(
    from: FROM,
    selector: (from: FROM) => SELECTED,
    isEqual: (before: SELECTED, now: SELECTED) => boolean,
  ): SELECTED {
    const last = this.#last;
    if (last && last.from === from && last.selector === selector) return last.selected;
    const now = selector(from);
    const selected = last && isEqual(last.selected, now) ? last.selected : now;
    this.#last = { from, selector, selected };
    return selected;
  }
}
