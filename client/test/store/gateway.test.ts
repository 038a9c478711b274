/** The stories of the streaming gateway. */
import { createStreamGateway, type LooseData } from '@aimdb/wasm/store';
import { expect, test } from 'vitest';
import { heard, onChanges, overEveryEngine, refusal } from './support/stores.js';

class Reading {
  value = 1;
}

/** A feed's fields `f0`, `f1`, … with one value each. */
const fields = (count: number, value: (at: number) => number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, value(at)]));

const prefixed = (values: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`feed.${key}`, value]));

overEveryEngine('a gateway', (make, makeEngine) => {
  test('writes nothing and calls nobody when nothing differs', () => {
    const engine = makeEngine();
    const { store } = make<LooseData>({ feed: fields(100, (at) => at) }, engine);
    const { calls, hear } = heard<unknown>();
    store.register({ listeners: [{ paths: ['feed'], fn: hear }] });
    store.subscribe('feed', hear);
    store.subscribe((state) => state, hear);
    store.register({ concerns: { feed: { high: { GT: ['feed.f1', 50] } } } });
    store.subscribeConcerns('feed', hear);
    const before = store.getState();
    const gateway = createStreamGateway(store);
    expect(gateway.ingest(prefixed(fields(100, (at) => at)))).toBe(0);
    expect(gateway.ingest({})).toBe(0);
    expect(calls).toEqual([]);
    expect(store.getState()).toBe(before);
    expect(engine.state).toBe(before);
  });

  test('keeps 10 of 100 values when 10 differ', () => {
    const { store } = make<LooseData>({ feed: fields(100, (at) => at) });
    const told: string[][] = [];
    onChanges(store, 'feed', (changes) => told.push(changes.map(({ path }) => path)));
    const gateway = createStreamGateway(store);
    const next = prefixed(fields(100, (at) => (at % 10 === 3 ? -at : at)));
    expect(gateway.ingest(next)).toBe(10);
    expect(told).toEqual([Array.from({ length: 10 }, (_, at) => `feed.f${at * 10 + 3}`)]);
    expect(store.get('feed')).toEqual(fields(100, (at) => (at % 10 === 3 ? -at : at)));
  });

  test.each<[before: unknown, now: unknown, kept: number]>([
    [1, 1, 0],
    [1, 2, 1],
    [Number.NaN, Number.NaN, 0],
    [0, -0, 1],
    [-0, -0, 0],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1],
    ['a', 'a', 0],
    ['a', 'b', 1],
    ['', '', 0],
    ['1', 1, 1],
    [true, true, 0],
    [true, false, 1],
    [false, 0, 1],
    [null, null, 0],
    [null, undefined, 1],
    [undefined, undefined, 0],
    [undefined, null, 1],
    ['\ud800', '\ud800', 0],
    ['\ud800', '\ud801', 1],
  ])('takes %o after %o for %i change', (before, now, kept) => {
    const { store } = make<{ x: unknown }>({ x: before });
    expect(createStreamGateway(store).ingest({ x: now })).toBe(kept);
    expect(store.get('x')).toBe(now);
  });

  test.each<[string, object]>([
    ['a Date', new Date(0)],
    ['a Map', new Map([[1, 2]])],
    ['an instance', new Reading()],
    ['an array', [1]],
    ['an object', { a: 1 }],
  ])('passes %s on though it is the same as before', (_, value) => {
    const { store } = make<{ x: unknown }>({ x: value });
    const listener = heard<unknown>();
    const subscriber = heard<unknown>();
    store.register({
      listeners: [{ paths: ['x'], fn: (changes) => listener.hear(changes.length) }],
    });
    store.subscribe('x', subscriber.hear);
    expect(createStreamGateway(store).ingest({ x: value })).toBe(1);
    expect(listener.calls).toEqual([1]);
    expect(subscriber.calls).toEqual([value]);
    expect(Object.isFrozen(value)).toBe(false);
  });

  test('wakes rules by what differs only', () => {
    const { store } = make({ raw: 20, shown: 20, isHigh: false, other: 1, note: 'x' });
    const { calls, hear } = heard<unknown>();
    store.register({
      sync: [['raw', 'shown']],
      clears: [{ triggers: ['other'], targets: ['note'] }],
      listeners: [{ paths: ['other'], fn: hear }],
      concerns: { shown: { isHigh: { GT: ['shown', 30] } } },
    });
    store.subscribeConcerns('shown', hear);
    const gateway = createStreamGateway(store);
    expect(gateway.ingest({ raw: 21, other: 1 })).toBe(1);
    expect(store.getState()).toMatchObject({ shown: 21, note: 'x' });
    expect(calls).toEqual([]);
    expect(gateway.ingest({ raw: 31, other: 1 })).toBe(1);
    expect(calls).toEqual([{ isHigh: true }]);
    expect(gateway.ingest({ other: 2 })).toBe(1);
    expect(store.get('note')).toBeNull();
    expect(calls).toHaveLength(2);
  });

  test('takes turns with other writers and other gateways', () => {
    const { store } = make({ a: 0, b: 0 });
    const senders: unknown[] = [];
    onChanges(store, '', (changes) => senders.push(...changes.map(({ sender }) => sender)));
    const feed = createStreamGateway(store);
    const other = createStreamGateway(store);
    feed.ingestBatch([['a', 1, { sender: 'feed' }]]);
    store.set('a', 2, { sender: 'user' });
    other.ingestBatch([
      ['a', 3, { sender: 'other' }],
      ['b', 3, { sender: 'other' }],
    ]);
    feed.ingest({ a: 3 });
    store.set('b', 4);
    expect(store.getState()).toEqual({ a: 3, b: 4 });
    expect(senders).toEqual(['feed', 'user', 'other', 'other', undefined]);
  });

  test('keeps exactly what differs over 100 ingests with 1 % of change', () => {
    const feed = fields(100, () => 0);
    const { store } = make<Record<string, unknown>>({ feed: { ...feed } });
    const gateway = createStreamGateway(store);
    const { calls, hear } = heard<unknown>();
    store.subscribe('feed', hear);
    let kept = 0;
    for (let round = 0; round < 100; round++) {
      feed[`f${(round * 7) % 100}`] = round + 1;
      kept += gateway.ingest(prefixed(feed));
    }
    expect(kept).toBe(100);
    expect(calls).toHaveLength(100);
    expect(store.get('feed')).toEqual(feed);
  });

  test('takes numbers by ids, whose texts cross once', () => {
    const { store } = make<LooseData>({ feed: fields(100, () => 0) });
    const gateway = createStreamGateway(store);
    const ids = gateway.paths(Object.keys(prefixed(fields(100, () => 0))));
    const values = new Float64Array(100);
    expect(gateway.ingestNumbers(ids, values)).toBe(0);
    values[3] = 1;
    values[5] = Number.NaN;
    values[7] = -0;
    const seen: unknown[] = [];
    onChanges(store, 'feed', (changes) =>
      seen.push(...changes.map(({ path, sender }) => [path, sender])),
    );
    expect(gateway.ingestNumbers(ids, values, 'feed')).toBe(3);
    expect(gateway.ingestNumbers(ids, values, 'feed')).toBe(0);
    expect(seen).toEqual(['feed.f3', 'feed.f5', 'feed.f7'].map((path) => [path, 'feed']));
    expect(store.get('feed.f7')).toBe(-0);
  });

  test('refuses numbers that do not fit, and ids that are not its own', () => {
    const { store } = make({ a: 0, b: 0 });
    const gateway = createStreamGateway(store);
    const other = createStreamGateway(store);
    const ids = gateway.paths(['a', 'b']);
    expect(refusal(() => gateway.ingestNumbers(ids, new Float64Array(1))).code).toBe(
      'LENGTH_MISMATCH',
    );
    expect(refusal(() => other.ingestNumbers(ids, new Float64Array(2))).code).toBe(
      'PATH_IDS_UNKNOWN',
    );
    expect(refusal(() => gateway.paths(['a', 1 as never])).code).toBe('MALFORMED_INPUT');
    expect([gateway.size, other.size]).toEqual([1, 0]);
    expect(store.getState()).toEqual({ a: 0, b: 0 });
  });

  test('leaves the store as it is when it is disposed of, and keeps nothing', () => {
    const { store } = make({ a: 0, b: 0 });
    const gateway = createStreamGateway(store);
    const ids = gateway.paths(['a', 'b']);
    expect(gateway.release(ids)).toBe(true);
    expect(gateway.release(ids)).toBe(false);
    expect(refusal(() => gateway.ingestNumbers(ids, new Float64Array(2))).code).toBe(
      'PATH_IDS_UNKNOWN',
    );
    gateway.paths(['a']);
    gateway.ingest({ a: 1 });
    gateway.dispose();
    gateway.dispose();
    expect(gateway.size).toBe(0);
    for (const use of [
      () => gateway.ingest({ a: 2 }),
      () => gateway.ingestBatch([['a', 2]]),
      () => gateway.paths(['a']),
      () => gateway.ingestNumbers(ids, new Float64Array(2)),
    ]) {
      expect(refusal(use).code).toBe('GATEWAY_DISPOSED');
    }
    store.set('b', 2);
    expect(store.getState()).toEqual({ a: 1, b: 2 });
  });

  test('may outlive its store', () => {
    const { store } = make({ a: 0 });
    const gateway = createStreamGateway(store);
    gateway.paths(['a']);
    store.dispose();
    expect(refusal(() => gateway.ingest({ a: 1 })).code).toBe('STORE_DISPOSED');
    gateway.dispose();
    expect(refusal(() => createStreamGateway(store)).code).toBe('STORE_DISPOSED');
  });
});
