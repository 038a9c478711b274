/**
 * What can be subscribed to in a state: paths and selections.
 *
 * A path is a listener of the engine, so that the engine's plan says whom to tell. All subscribers of a path share it,
 * and it goes with the last of them.
 */
import type { Pipeline } from './pipeline.js';
import { isSameAtPath, Topic, type TopicOptions } from './subscribers.js';

export class Topics {
  readonly #pipeline: Pipeline;
  readonly #byPath = new Map<string, Topic>();

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
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
    const { engine, paths } = this.#pipeline;
    const { ids } = this.#pipeline.use(() => engine.register({ listeners: [{ paths: [path] }] }));
    const topic = new Topic({
      path,
      read: () => this.#pipeline.get(path),
      isSame: isSameAtPath,
      end: () => {
        this.#byPath.delete(path);
        for (const id of ids.listeners) paths.delete(id);
        if (!this.#pipeline.isDisposed) engine.unregister(ids.id);
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
    const { selections } = this.#pipeline;
    const topic: Topic = new Topic({
      read: () => selector(this.#pipeline.state as never),
      isSame: isSame as TopicOptions['isSame'],
      end: () => void selections.delete(topic),
    });
    selections.add(topic);
    return topic;
  }
}
