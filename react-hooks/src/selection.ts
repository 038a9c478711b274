/**
 * The last selection of one component. It is handed out again while what it was selected from, the selector and the
 * equality are the same, and also when a new selection is equal: React then sees no change.
 *
 * Guarantees: an equality compares selections of one selector and one source only. What another source has is never taken
 * for what this one had, however equal the two are found; neither is what another selector finds.
 */

/** Says whether two selections are the same to a component. */
type IsEqual<SELECTED> = (before: SELECTED, now: SELECTED) => boolean;

interface Last<FROM, SELECTED> {
  readonly source: object;
  readonly from: FROM;
  readonly selector: (from: FROM) => SELECTED;
  readonly isEqual: IsEqual<SELECTED>;
  readonly selected: SELECTED;
}

export class KeptSelection<FROM, SELECTED> {
  #last: Last<FROM, SELECTED> | undefined;

  /** Selects from what `source` has now: a record or a store. */
  select(
    source: object,
    from: FROM,
    selector: (from: FROM) => SELECTED,
    isEqual: IsEqual<SELECTED>,
  ): SELECTED {
    const last = this.#last?.source === source ? this.#last : undefined;
    const isSameSelector = last?.selector === selector;
    if (last && isSameSelector && last.from === from && last.isEqual === isEqual) {
      return last.selected;
    }
    const now = selector(from);
    const isKept =
      last !== undefined &&
      isEqual(last.selected, now) &&
      // A function that is written where it is used is another one in each render, and may select something else by now:
      // the object of before stands for the new one only if it holds the same.
      (isSameSelector || holdsTheSame(last.selected, now));
    const selected = isKept ? last.selected : now;
    this.#last = { source, from, selector, isEqual, selected };
    return selected;
  }

  /** There is nothing to select from: what comes next is compared with nothing. */
  forget(): void {
    this.#last = undefined;
  }
}

/** Whether two values are one, or lists or plain objects of the same parts. */
function holdsTheSame(before: unknown, now: unknown): boolean {
  if (Object.is(before, now)) return true;
  if (!isPlain(before) || !isPlain(now)) return false;
  const keys = Object.keys(before);
  return (
    Object.getPrototypeOf(before) === Object.getPrototypeOf(now) &&
    keys.length === Object.keys(now).length &&
    keys.every((key) => Object.hasOwn(now, key) && Object.is(before[key], now[key]))
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || prototype === Array.prototype;
}
