/** What comes and goes leaves nothing behind: looked at from inside, over the twin. */
import { Engine as Twin } from '@aimdb/pipeline-twin';
import { expect, test } from 'vitest';
import { createStreamGateway } from '../../src/store/gateway.js';
import type { LooseData } from '../../src/store/paths.js';
import { PIPELINE } from '../../src/store/pipeline.js';
import { Store } from '../../src/store/store.js';

/** How much is kept of subscribers, listeners and concerns. */
function kept(store: Store): number[] {
  const { concerns, endings, listeners, paths, selections, subscribers, topics } = store[PIPELINE];
  const { choices, conditions, texts, validators } = concerns;
  const all = [
    ...[concerns, endings, listeners, paths, selections, subscribers, topics],
    ...[choices, conditions, texts, validators],
  ];
  return all.map(({ size }) => size);
}

const nothing = (store: Store) => kept(store).map(() => 0);

/** Subscribes to and registers everything that there is for one key. Returns the ways to end it. */
function use(store: Store, key: string): (() => void)[] {
  const schema = { '~standard': { validate: () => ({}) } };
  const registration = store.register({
    sync: [[`rows.${key}.a`, `rows.${key}.b`]],
    listeners: [{ paths: [`rows.${key}`], fn: () => {} }],
    concerns: {
      [`rows.${key}`]: {
        condition: { EXISTS: `rows.${key}` },
        choice: { MATCH: `rows.${key}`, CASES: {}, DEFAULT: 1 },
        text: { text: `{{rows.${key}.a}}` },
        validation: { schema },
      },
    },
  });
  return [
    () => registration.dispose(),
    store.subscribe(`rows.${key}`, () => {}),
    store.subscribe(
      (state) => state.rows,
      () => {},
    ),
    store.subscribeConcerns(`rows.${key}`, () => {}),
  ];
}

test('of subscribers, listeners and concerns of 1,000 keys', () => {
  const store = new Store<LooseData>(new Twin(), { rows: {} });
  for (let at = 0; at < 1000; at++) {
    const ends = use(store, `key${at}`);
    store.set('rows', { [`key${at}`]: { a: at } });
    for (const end of ends) end();
  }
  expect(kept(store)).toEqual(nothing(store));
});

test('of a store that was disposed of while all of it was in use', () => {
  const store = new Store<LooseData>(new Twin(), { rows: {} });
  const ends = use(store, 'a');
  expect(kept(store)).not.toEqual(nothing(store));
  store.dispose();
  expect(kept(store)).toEqual(nothing(store));
  for (const end of ends) end();
  expect(kept(store)).toEqual(nothing(store));
});

test('of a gateway, whose feeds the engine is told to forget', () => {
  const held = new Set<number>();
  const engine = new (class extends Twin {
    readonly numbers = {
      intern: (paths: readonly string[]) => {
        const ids = Uint32Array.from(paths, (_, at) => held.size + at);
        for (const id of ids) held.add(id);
        return ids;
      },
      release: (ids: Uint32Array) => {
        for (const id of ids) held.delete(id);
      },
      process: () => this.process([]),
    };
  })();
  const gateway = createStreamGateway(new Store<LooseData>(engine, {}));
  const ids = gateway.paths(['a', 'b']);
  gateway.paths(['c']);
  expect(held.size).toBe(3);
  gateway.release(ids);
  expect(held.size).toBe(1);
  gateway.dispose();
  expect([held.size, gateway.size]).toEqual([0, 0]);
});
