/**
 * Lets a valtio proxy follow a store, for those who have one. Valtio itself is not imported: its proxy is an object
 * like any other, that is told of its writes by traps.
 *
 * Guarantees: the proxy first becomes what is in the store; after that each transaction writes the leaves that it
 * changed and no others. It goes one way: what is written to the proxy does not reach the store.
 */
import { PipelineError } from './errors.js';
import type { LooseData, PathOf } from './paths.js';
import { PIPELINE } from './pipeline.js';
import type { Store } from './store.js';
import type { Unsubscribe } from './types.js';
import { type Container, isContainer, own, setKey } from './wasm/plain.js';

/** Makes a proxy what is at a path, now and after each transaction. What is no object there empties it. */
export function bindValtio<DATA = LooseData, PATH extends string = ''>(
  store: Store<DATA>,
  proxy: object,
  path?: PathOf<DATA, PATH>,
): Unsubscribe {
  const { subscribers, topics } = store[PIPELINE];
  if (!isContainer(proxy)) {
    throw new PipelineError('PROXY_INVALID', 'a store is bound to the proxy of an object');
  }
  const topic = topics.path(path ?? '');
  let before: unknown;
  const update = (now: unknown) => {
    follow(proxy, before, now);
    before = now;
  };
  const unsubscribe = subscribers.add(topic, update);
  update(topic.options.read());
  return unsubscribe;
}

/** Writes what differs. What is the same object before and now is the same with all below. */
function follow(target: Container, before: unknown, now: unknown): void {
  const source = isContainer(now) ? now : {};
  trim(target, source);
  for (const key of Object.keys(source)) {
    const value = own(source, key);
    const old = own(before, key);
    const isKnown = isContainer(before) && Object.hasOwn(before, key);
    if (isKnown && Object.is(old, value)) continue;
    const there = own(target, key);
    if (isContainer(value) && isContainer(there) && Array.isArray(value) === Array.isArray(there)) {
      follow(there, old, value);
    } else if (!Object.is(there, value) || !Object.hasOwn(target, key)) {
      setKey(target, key, copyOf(value));
    }
  }
}

/** Takes away what is not there any more. */
function trim(target: Container, source: Container): void {
  if (Array.isArray(target)) {
    if (target.length > Object.keys(source).length) target.length = Object.keys(source).length;
    return;
  }
  for (const key of Object.keys(target)) if (!Object.hasOwn(source, key)) delete target[key];
}

/** A copy that a proxy can be made of, which it cannot of frozen objects. */
function copyOf(value: unknown): unknown {
  if (!isContainer(value)) return value;
  const copy: Container = Array.isArray(value) ? [] : {};
  for (const key of Object.keys(value)) setKey(copy, key, copyOf(own(value, key)));
  return copy;
}
