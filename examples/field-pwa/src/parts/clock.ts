/** The time as components see it: one timer for all of them, and none while nobody looks. */
import { useSyncExternalStore } from 'react';
import { Listeners } from '../listeners.js';

const listeners = new Listeners();
/** Whole seconds, so that two looks within one see the same. */
const read = () => Math.floor(Date.now() / 1000) * 1000;

let now = read();
let timer: ReturnType<typeof setInterval> | undefined;
let watchers = 0;

function subscribe(listener: () => void): () => void {
  const leave = listeners.add(listener);
  watchers += 1;
  timer ??= setInterval(() => {
    now = read();
    listeners.tell();
  }, 1000);
  return () => {
    leave();
    watchers -= 1;
    if (watchers > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Unix milliseconds, a second apart. */
export function useNow(): number {
  // What comes first after a pause without watchers is of now.
  return useSyncExternalStore(subscribe, () => {
    if (watchers === 0) now = read();
    return now;
  });
}
