/** A list of listeners that may change while it is walked, in the order in which they joined. */

/** A member; it leaves by `remove`, and is not called any more from then on. */
export interface Member {
  isLive: boolean;
}

/** So few gaps are not worth closing. */
const GAPS_MIN = 32;

export class Listeners<M extends Member> {
  /** How many live members there are. */
  size = 0;
  #members: M[] = [];
  #walks = 0;

  add(member: M): void {
    this.#members.push(member);
    this.size += 1;
  }

  remove(member: M): void {
    if (!member.isLive) return;
    member.isLive = false;
    this.size -= 1;
    this.#closeGaps();
  }

  clear(): void {
    for (const member of this.#members) member.isLive = false;
    this.#members = [];
    this.size = 0;
  }

  /** The members of now, for a walk over those that are live; `endWalk` belongs to it. */
  beginWalk(): readonly M[] {
    this.#walks += 1;
    return this.#members;
  }

  endWalk(): void {
    this.#walks -= 1;
    this.#closeGaps();
  }

  /** Removing leaves a gap, or leaving one after the other would take quadratic time. */
  #closeGaps(): void {
    const gaps = this.#members.length - this.size;
    if (this.#walks > 0 || gaps < GAPS_MIN || gaps < this.size) return;
    this.#members = this.#members.filter((member) => member.isLive);
  }
}

interface Listener<T> extends Member {
  readonly callback: (value: T) => void;
}

/** Something that happens, and those who want to know. */
export class Signal<T> {
  #listeners = new Listeners<Listener<T>>();

  /** Whether anyone listens. */
  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  listen(callback: (value: T) => void): () => void {
    const listener = { callback, isLive: true };
    this.#listeners.add(listener);
    return () => this.#listeners.remove(listener);
  }

  /** Calls everyone who listens; what one of them throws stops nobody. */
  emit(value: T, onThrow: (thrown: unknown) => void): void {
    const members = this.#listeners.beginWalk();
    const end = members.length;
    for (let at = 0; at < end; at++) {
      const member = members[at] as Listener<T>;
      if (!member.isLive) continue;
      try {
        member.callback(value);
      } catch (thrown) {
        onThrow(thrown);
      }
    }
    this.#listeners.endWalk();
  }

  clear(): void {
    this.#listeners.clear();
  }
}
