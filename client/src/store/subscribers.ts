/**
 * Who is told of what, after a transaction has settled.
 *
 * A topic is something that may have news: a path, a selection, the concerns of a path. It lives as long as somebody
 * subscribes to it. Guarantees: nobody is told the same twice, everybody at most once a round, in the order of the
 * news; all values of a round are read before the first subscriber is called, so that what a subscriber writes belongs
 * to the next round.
 */
import type { AimDbError } from '../errors.js';
import { threw } from './errors.js';
import type { StoreChange, Unsubscribe } from './types.js';
import { isContainer } from './wasm/plain.js';

/** Called with what is there now, and with the changes that led to it where the topic is a path. */
export type Callback = (value: unknown, changes: readonly StoreChange[]) => void;

interface Subscriber {
  readonly callback: Callback;
  /** What it knows. */
  seen: unknown;
}

/** Something to subscribe to. */
export interface Topic {
  /** Its path, for errors. */
  readonly path?: string;
  read(): unknown;
  isSame(before: unknown, now: unknown): boolean;
  /** Called when the last subscriber has left. */
  end?(): void;
}

/** One call to make. */
interface Delivery {
  readonly topic: Topic;
  readonly subscriber: Subscriber;
  readonly value: unknown;
  readonly changes: readonly StoreChange[];
}

const NO_CHANGES: readonly StoreChange[] = Object.freeze([]);

export class Subscribers {
  readonly #topics = new Map<Topic, Set<Subscriber>>();
  /** The topics that may have news, with the changes of paths. */
  #news = new Map<Topic, StoreChange[]>();
  readonly #report: (error: AimDbError) => void;

  constructor(report: (error: AimDbError) => void) {
    this.#report = report;
  }

  /** How many topics somebody subscribes to. */
  get size(): number {
    return this.#topics.size;
  }

  get hasNews(): boolean {
    return this.#news.size > 0;
  }

  /** Adds a subscriber, who knows what is there now. */
  add(topic: Topic, callback: Callback): Unsubscribe {
    const subscriber: Subscriber = { callback, seen: topic.read() };
    const members = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, members.add(subscriber));
    return () => {
      if (!members.delete(subscriber) || members.size > 0) return;
      this.#topics.delete(topic);
      this.#news.delete(topic);
      topic.end?.();
    };
  }

  /** A topic may have news. */
  touch(topic: Topic, changes: readonly StoreChange[] = NO_CHANGES): void {
    if (!this.#topics.has(topic)) return;
    const known = this.#news.get(topic);
    if (known) known.push(...changes);
    else this.#news.set(topic, [...changes]);
  }

  /** Calls everybody for whom there is news. */
  tell(): void {
    const news = this.#news;
    this.#news = new Map();
    const deliveries = [...news].flatMap(([topic, changes]) => this.#deliveries(topic, changes));
    for (const { topic, subscriber, value, changes } of deliveries) {
      if (!this.#topics.get(topic)?.has(subscriber)) continue;
      this.#guard(topic, () => subscriber.callback(value, changes));
    }
  }

  /** Lets go of news that would never end. */
  drop(): void {
    this.#news.clear();
  }

  clear(): void {
    this.#topics.clear();
    this.drop();
  }

  #deliveries(topic: Topic, changes: readonly StoreChange[]): Delivery[] {
    const deliveries: Delivery[] = [];
    this.#guard(topic, () => {
      const value = topic.read();
      for (const subscriber of this.#topics.get(topic) ?? []) {
        if (topic.isSame(subscriber.seen, value)) continue;
        subscriber.seen = value;
        deliveries.push({ topic, subscriber, value, changes });
      }
    });
    return deliveries;
  }

  #guard(topic: Topic, call: () => void): void {
    try {
      call();
    } catch (thrown) {
      this.#report(threw('CALLBACK_THREW', 'subscriber', thrown, topic.path));
    }
  }
}

/** Whether what is at a path is the same to a subscriber: an opaque object may have changed inside. */
export function isSameAtPath(before: unknown, now: unknown): boolean {
  if (!Object.is(before, now)) return false;
  const isObject = typeof now === 'function' || (typeof now === 'object' && now !== null);
  return !isObject || isContainer(now);
}
