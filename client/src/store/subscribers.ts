/**
 * Who is told of what, after a transaction has settled.
 *
 * A topic is something that may have news: a path, a selection, the concerns of a path. It lives as long as somebody
 * subscribes to it. Guarantees: nobody is told the same twice, everybody at most once a round, in the order of the
 * news; all values of a round are read before the first subscriber is called, so that what a subscriber writes belongs
 * to the next round.
 */
import type { AimDbError } from '../errors.js';
import { Listeners } from '../listeners.js';
import { threw } from './errors.js';
import type { Unsubscribe } from './types.js';
import { isContainer } from './wasm/plain.js';

/** Called with what is there now. */
export type Callback = (value: unknown) => void;

interface Subscriber {
  readonly callback: Callback;
  isLive: boolean;
  /** What it knows. */
  seen: unknown;
}

/** How something that can be subscribed to is read. */
export interface TopicOptions {
  /** Its path, for errors. */
  readonly path?: string;
  read(): unknown;
  isSame(before: unknown, now: unknown): boolean;
  /** Called when the last subscriber has left. */
  end?(): void;
}

/** Something to subscribe to. */
export class Topic {
  readonly options: TopicOptions;
  readonly subscribers = new Listeners<Subscriber>();
  /** It waits for the next round. */
  hasNews = false;
  /** What it is in this round. */
  value: unknown;

  constructor(options: TopicOptions) {
    this.options = options;
  }
}

export class Subscribers {
  /** The topics that may have news. */
  #news: Topic[] = [];
  readonly #report: (error: AimDbError) => void;
  /** Those that somebody subscribes to. */
  readonly #topics = new Set<Topic>();

  constructor(report: (error: AimDbError) => void) {
    this.#report = report;
  }

  /** How many topics somebody subscribes to. */
  get size(): number {
    return this.#topics.size;
  }

  get hasNews(): boolean {
    return this.#news.length > 0;
  }

  /** Adds a subscriber, who knows what is there now. */
  add(topic: Topic, callback: Callback): Unsubscribe {
    const { subscribers, options } = topic;
    const subscriber: Subscriber = { callback, isLive: true, seen: options.read() };
    this.#topics.add(topic);
    subscribers.add(subscriber);
    return () => {
      if (!subscriber.isLive) return;
      subscribers.remove(subscriber);
      if (subscribers.size > 0) return;
      this.#topics.delete(topic);
      options.end?.();
    };
  }

  /** A topic may have news. */
  touch(topic: Topic): void {
    if (topic.hasNews || topic.subscribers.size === 0) return;
    topic.hasNews = true;
    this.#news.push(topic);
  }

  /** Calls everybody for whom there is news. */
  tell(): void {
    const topics = this.#take().filter((topic) => this.#read(topic));
    for (const topic of topics) this.#tellOne(topic);
  }

  /** Lets go of news that would never end. */
  drop(): void {
    this.#take();
  }

  clear(): void {
    this.drop();
    for (const topic of this.#topics) topic.subscribers.clear();
    this.#topics.clear();
  }

  #take(): Topic[] {
    const news = this.#news;
    this.#news = [];
    for (const topic of news) topic.hasNews = false;
    return news;
  }

  /** Reads what a topic is now; false if that threw. */
  #read(topic: Topic): boolean {
    try {
      topic.value = topic.options.read();
      return true;
    } catch (thrown) {
      this.#threw(topic, thrown);
      return false;
    }
  }

  #tellOne(topic: Topic): void {
    const { options, subscribers, value } = topic;
    topic.value = undefined;
    const members = subscribers.beginWalk();
    const end = members.length;
    for (let at = 0; at < end; at++) {
      const subscriber = members[at] as Subscriber;
      try {
        if (!subscriber.isLive || options.isSame(subscriber.seen, value)) continue;
        subscriber.seen = value;
        subscriber.callback(value);
      } catch (thrown) {
        this.#threw(topic, thrown);
      }
    }
    subscribers.endWalk();
  }

  #threw(topic: Topic, thrown: unknown): void {
    this.#report(threw('CALLBACK_THREW', 'subscriber', thrown, topic.options.path));
  }
}

/** Whether what is at a path is the same to a subscriber: an opaque object may have changed inside. */
export function isSameAtPath(before: unknown, now: unknown): boolean {
  if (!Object.is(before, now)) return false;
  const isObject = typeof now === 'function' || (typeof now === 'object' && now !== null);
  return !isObject || isContainer(now);
}
