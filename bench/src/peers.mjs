/** The stores that people use. Import `../out/peers.mjs`, their production builds. */

export { batch, computed, effect, signal } from '@preact/signals-core';
export { atom, createStore as createJotaiStore } from 'jotai/vanilla';
export { selectAtom } from 'jotai/vanilla/utils';
export {
  computed as mobxComputed,
  observable as mobxObservable,
  observe as mobxObserve,
  reaction as mobxReaction,
  runInAction,
} from 'mobx';
export { proxy, subscribe as subscribeProxy } from 'valtio/vanilla';
export { subscribeKey } from 'valtio/vanilla/utils';
export { subscribeWithSelector } from 'zustand/middleware';
export { createStore as createZustandStore } from 'zustand/vanilla';
