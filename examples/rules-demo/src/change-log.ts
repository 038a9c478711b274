/** The last changes of a store, newest first, each with the rules it came through. */
import { LINEAGE, type Registration, type Store, type StoreChange } from '@aimdb/wasm/store';

/** Older entries are forgotten beyond so many. */
const LENGTH_MAX = 40;

export interface LogEntry {
  /** Counts up; tells entries apart. */
  readonly number: number;
  readonly path: string;
  readonly value: string;
  /** Names of rules; none for what was written from outside. */
  readonly rules: readonly string[];
}

/** What the page calls each bit of a lineage. */
const RULE_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [LINEAGE.isSyncPathChange, 'sync'],
  [LINEAGE.isFlipPathChange, 'flip'],
  [LINEAGE.isAggregationChange, 'aggregation'],
  [LINEAGE.isClearPathChange, 'clear'],
  [LINEAGE.isComputationChange, 'computation'],
  [LINEAGE.isListenerChange, 'listener'],
];

export class ChangeLog {
  readonly #listeners = new Set<() => void>();
  readonly #registration: Registration;
  #entries: readonly LogEntry[] = [];
  #count = 0;

  /** Listens at the root, which every change of the store is below. */
  constructor(store: Pick<Store, 'register'>) {
    this.#registration = store.register({
      listeners: [{ paths: [''], fn: (changes) => this.#add(changes) }],
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getEntries = (): readonly LogEntry[] => this.#entries;

  dispose(): void {
    this.#registration.dispose();
  }

  #add(changes: readonly StoreChange[]): void {
    const added = changes.map((change) => this.#entryOf(change)).reverse();
    this.#entries = [...added, ...this.#entries].slice(0, LENGTH_MAX);
    for (const listener of [...this.#listeners]) listener();
  }

  #entryOf({ path, value, lineage }: StoreChange): LogEntry {
    this.#count += 1;
    const rules = RULE_NAMES.filter(([bit]) => (lineage & bit) !== 0).map(([, name]) => name);
    return { number: this.#count, path, value: JSON.stringify(value) ?? 'undefined', rules };
  }
}
