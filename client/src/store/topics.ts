/**
 * What can be subscribed to in a state: paths and selections.
 *
 * A path is a listener of the engine, so that the engine's plan says whom to tell. All subscribers of a path share it,
 * and it goes with the last of them.
 */
import type { StoreEngine } from './engine.js';
import { isSameAtPath, Topic, type TopicOptions } from './subscribers.js';

/** What topics need of their store. */
export interface TopicsHost {
  readonly engine: StoreEngine;
  readonly isDisposed: boolean;
  /** The whole state, frozen. */
  readonly state: unknown;
  /** The topics of paths by the numbers of their listeners, and those of selections. */
  readonly paths: Map<number, Topic>;
  readonly selections: Set<Topic>;
  /** What is at a path, frozen. */
  get(path: string): unknown;
  /** Lets the engine do something, and nothing else meanwhile. */
  use<T>(work: () => T): T;
}

export class Topics {
  readonly #host: TopicsHost;
  readonly #byPath = new Map<string, Topic>();

  constructor(host: TopicsHost) {
    this.#host = host;
  }

  /** How many paths somebody subscribes to. */
  get size(): number {
    return this.#byPath.size;
  }

  clear(): void {
    this.#byPath.clear();
  }

  /** The one topic of a path. */
  path(path: string): Topic {
    const known = this.#byPath.get(path);
    if (known) return known;
    const { engine, paths } = this.#host;
    const { ids } = this.#host.use(() => engine.register({ listeners: [{ paths: [path] }] }));
    const topic = new Topic({
      path,
      read: () => this.#host.get(path),
      isSame: isSameAtPath,
      end: () => {
        this.#byPath.delete(path);
        for (const id of ids.listeners) paths.delete(id);
        if (!this.#host.isDisposed) engine.unregister(ids.id);
      },
    });
    for (const id of ids.listeners) paths.set(id, topic);
    this.#byPath.set(path, topic);
    return topic;
  }

  /** A topic of its own: what a function selects from the state. */
  selection(
    selector: (state: never) => unknown,
    isSame: (before: never, now: never) => boolean,
  ): Topic {
    const { selections } = this.#host;
    const topic: Topic = new Topic({
      read: () => selector(this.#host.state as never),
      isSame: isSame as TopicOptions['isSame'],
      end: () => void selections.delete(topic),
    });
    selections.add(topic);
    return topic;
  }
}
