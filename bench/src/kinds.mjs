/**
 * The stores to compare, each used as its documentation shows, behind the same four shapes of work:
 *
 * - `fields(names)`: numbers by name. `set(at, value)`, `write(ats, values)` as one batch, `watch(at, callback)`.
 * - `linked()`: a second number that follows the first. `set(value)`, `watch(callback)` of the second.
 * - `record(first)`: an object that is replaced. `replace(record)`, `watch(key, callback)` of one key.
 * - `feed(names)`: numbers that all come at once. `frame({ object, numbers })`, `watch(at, callback)`.
 *
 * `settle`, where there is one, waits until subscribers have been told; `end` gives memory back.
 */
import {
  atom,
  batch,
  computed,
  createJotaiStore,
  createZustandStore,
  mobxComputed,
  mobxObservable,
  mobxReaction,
  proxy,
  runInAction,
  selectAtom,
  signal,
  subscribeKey,
  subscribeWithSelector,
} from '../out/peers.mjs';
import { createStore, createStreamGateway, TwinEngine } from './engine.mjs';

const zeros = (names) => Object.fromEntries(names.map((name) => [name, 0]));

/** A Map of values with arrays of callbacks: nothing does less and still works. */
const byHand = {
  fields(names) {
    const entries = new Map(names.map((name) => [name, { value: 0, callbacks: [] }]));
    const set = (name, value) => {
      const entry = entries.get(name);
      if (Object.is(entry.value, value)) return;
      entry.value = value;
      for (let at = 0; at < entry.callbacks.length; at++) entry.callbacks[at](value);
    };
    return {
      set: (at, value) => set(names[at], value),
      write(ats, values) {
        for (let at = 0; at < ats.length; at++) set(names[ats[at]], values[at]);
      },
      frame({ object }) {
        for (const name in object) set(name, object[name]);
      },
      watch: (at, callback) => entries.get(names[at]).callbacks.push(callback),
    };
  },
  linked() {
    const { set, watch } = byHand.fields(['first', 'second']);
    return {
      set(value) {
        set(0, value);
        set(1, value);
      },
      watch: (callback) => watch(1, callback),
    };
  },
  record(first) {
    const selections = [];
    return {
      replace(record) {
        for (const selection of selections) {
          const value = selection.select(record);
          if (Object.is(value, selection.value)) continue;
          selection.value = value;
          selection.callback(value);
        }
      },
      watch: (key, callback) =>
        selections.push({ select: (record) => record[key], value: first[key], callback }),
    };
  },
  feed: (names) => byHand.fields(names),
};

/** The least for numbers that come as an array in a known order. */
const byPosition = {
  feed(names) {
    const state = new Float64Array(names.length);
    const callbacks = names.map(() => []);
    return {
      frame({ numbers }) {
        for (let at = 0; at < numbers.length; at++) {
          const value = numbers[at];
          if (Object.is(state[at], value)) continue;
          state[at] = value;
          for (const callback of callbacks[at]) callback(value);
        }
      },
      watch: (at, callback) => callbacks[at].push(callback),
    };
  },
};

/** Ours over an engine; without one it is that in WebAssembly. */
const oursOver = (makeEngine) => {
  const open = (initial) => {
    const store = createStore(initial, { engine: makeEngine() });
    return { store, end: () => store.dispose() };
  };
  return {
    fields(names) {
      const paths = names.map((name) => `fields.${name}`);
      const { store, end } = open({ fields: zeros(names) });
      return {
        set: (at, value) => store.set(paths[at], value),
        write(ats, values) {
          const changes = [];
          for (let at = 0; at < ats.length; at++) changes.push([paths[ats[at]], values[at]]);
          store.setMany(changes);
        },
        watch: (at, callback) => store.subscribe(paths[at], callback),
        end,
      };
    },
    linked() {
      const { store, end } = open({ first: 0, second: 0 });
      store.register({ sync: [['first', 'second']] });
      return {
        set: (value) => store.set('first', value),
        watch: (callback) => store.subscribe('second', callback),
        end,
      };
    },
    record(first) {
      const { store, end } = open({ record: first });
      return {
        replace: (record) => store.set('record', record),
        watch: (key, callback) => store.subscribe(`record.${key}`, callback),
        end,
      };
    },
    feed(names) {
      const { store, end } = open(zeros(names));
      const gateway = createStreamGateway(store);
      const ids = gateway.paths(names);
      return {
        frame: ({ numbers }) => gateway.ingestNumbers(ids, numbers),
        frameByPath: ({ object }) => gateway.ingest(object),
        watch: (at, callback) => store.subscribe(names[at], callback),
        end,
      };
    },
  };
};

const ours = oursOver(() => undefined);

/** Ours with frames as objects by path. */
const oursByPath = {
  feed(names) {
    const { frameByPath, ...feed } = ours.feed(names);
    return { ...feed, frame: frameByPath };
  },
};

const zustand = {
  fields(names) {
    const store = createZustandStore(subscribeWithSelector(() => zeros(names)));
    return {
      set: (at, value) => store.setState({ [names[at]]: value }),
      write(ats, values) {
        const changes = {};
        for (let at = 0; at < ats.length; at++) changes[names[ats[at]]] = values[at];
        store.setState(changes);
      },
      frame: ({ object }) => store.setState(object),
      watch: (at, callback) => store.subscribe((state) => state[names[at]], callback),
    };
  },
  linked() {
    const store = createZustandStore(subscribeWithSelector(() => ({ first: 0, second: 0 })));
    return {
      set: (value) => store.setState({ first: value, second: value }),
      watch: (callback) => store.subscribe((state) => state.second, callback),
    };
  },
  record(first) {
    const store = createZustandStore(subscribeWithSelector(() => ({ record: first })));
    return {
      replace: (record) => store.setState({ record }),
      watch: (key, callback) => store.subscribe((state) => state.record[key], callback),
    };
  },
  feed: (names) => zustand.fields(names),
};

/** Single writes are told at once; batches in a microtask, which is how it batches. */
const valtio = {
  fields(names, isBatched = true) {
    const state = proxy(zeros(names));
    return {
      set(at, value) {
        state[names[at]] = value;
      },
      write(ats, values) {
        for (let at = 0; at < ats.length; at++) state[names[ats[at]]] = values[at];
      },
      frame: ({ object }) => Object.assign(state, object),
      watch: (at, callback) => subscribeKey(state, names[at], callback, !isBatched),
      ...(isBatched && { settle: () => Promise.resolve() }),
    };
  },
  linked() {
    const state = proxy({
      first: 0,
      get second() {
        return this.first;
      },
    });
    return {
      set(value) {
        state.first = value;
      },
      watch: (callback) => subscribeKey(state, 'second', callback, true),
    };
  },
  record(first) {
    const state = proxy({ ...first });
    return {
      replace: (record) => Object.assign(state, record),
      watch: (key, callback) => subscribeKey(state, key, callback, true),
    };
  },
  feed: (names) => valtio.fields(names),
};

const jotai = {
  fields(names) {
    const store = createJotaiStore();
    const atoms = names.map(() => atom(0));
    const byName = new Map(names.map((name, at) => [name, atoms[at]]));
    const several = atom(null, (_, set, ats, values) => {
      for (let at = 0; at < ats.length; at++) set(atoms[ats[at]], values[at]);
    });
    const all = atom(null, (_, set, object) => {
      for (const name in object) set(byName.get(name), object[name]);
    });
    return {
      set: (at, value) => store.set(atoms[at], value),
      write: (ats, values) => store.set(several, ats, values),
      frame: ({ object }) => store.set(all, object),
      watch: (at, callback) => store.sub(atoms[at], () => callback(store.get(atoms[at]))),
    };
  },
  linked() {
    const store = createJotaiStore();
    const first = atom(0);
    const second = atom((get) => get(first));
    return {
      set: (value) => store.set(first, value),
      watch: (callback) => store.sub(second, () => callback(store.get(second))),
    };
  },
  record(first) {
    const store = createJotaiStore();
    const whole = atom(first);
    return {
      replace: (record) => store.set(whole, record),
      watch(key, callback) {
        const selected = selectAtom(whole, (record) => record[key]);
        store.sub(selected, () => callback(store.get(selected)));
      },
    };
  },
  feed: (names) => jotai.fields(names),
};

const mobx = {
  fields(names) {
    const values = mobxObservable.map(zeros(names), { deep: false });
    return {
      set: (at, value) => runInAction(() => values.set(names[at], value)),
      write(ats, news) {
        runInAction(() => {
          for (let at = 0; at < ats.length; at++) values.set(names[ats[at]], news[at]);
        });
      },
      frame({ object }) {
        runInAction(() => {
          for (const name in object) values.set(name, object[name]);
        });
      },
      watch: (at, callback) => mobxReaction(() => values.get(names[at]), callback),
    };
  },
  linked() {
    const first = mobxObservable.box(0);
    const second = mobxComputed(() => first.get());
    return {
      set: (value) => runInAction(() => first.set(value)),
      watch: (callback) => mobxReaction(() => second.get(), callback),
    };
  },
  record(first) {
    const whole = mobxObservable.box(first, { deep: false });
    return {
      replace: (record) => runInAction(() => whole.set(record)),
      watch: (key, callback) => mobxReaction(() => whole.get()[key], callback),
    };
  },
  feed: (names) => mobx.fields(names),
};

const signals = {
  fields(names) {
    const all = names.map(() => signal(0));
    const byName = new Map(names.map((name, at) => [name, all[at]]));
    return {
      set(at, value) {
        all[at].value = value;
      },
      write(ats, values) {
        batch(() => {
          for (let at = 0; at < ats.length; at++) all[ats[at]].value = values[at];
        });
      },
      frame({ object }) {
        batch(() => {
          for (const name in object) byName.get(name).value = object[name];
        });
      },
      watch: (at, callback) => all[at].subscribe(callback),
    };
  },
  linked() {
    const first = signal(0);
    const second = computed(() => first.value);
    return {
      set(value) {
        first.value = value;
      },
      watch: (callback) => second.subscribe(callback),
    };
  },
  record(first) {
    const whole = signal(first);
    return {
      replace(record) {
        whole.value = record;
      },
      watch: (key, callback) => computed(() => whole.value[key]).subscribe(callback),
    };
  },
  feed: (names) => signals.fields(names),
};

export const FLOOR = 'Map + callbacks';

/** What every row compares. */
export const KINDS = {
  [FLOOR]: byHand,
  ours,
  twin: oursOver(() => new TwinEngine()),
  zustand,
  valtio,
  jotai,
  mobx,
  'preact signals': signals,
};

/** What the row of feeds compares besides. */
export const FEED_KINDS = {
  ...KINDS,
  'Float64Array + callbacks': byPosition,
  'ours, object by path': oursByPath,
};
