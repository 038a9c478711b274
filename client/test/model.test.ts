/** Any order of writes, joins, leaves and turns, against a plain model of what each subscriber is to hear. */
import { expect, test } from 'vitest';
import { freshDatabases, LATEST, ring, turn } from './support/db.js';

const database = freshDatabases();

/** A small generator, so that a failing seed can be run again. */
function random(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

interface Modelled {
  heard: (number | string)[];
  expected: (number | string)[];
  since: number;
  off: () => void;
}

const SEEDS = Array.from({ length: 60 }, (_, at) => at + 1);

test.each(SEEDS)('a ring: seed %i', async (seed) => {
  const next = random(seed);
  const capacity = 1 + next(5);
  const db = database({ log: ring(capacity) });
  let subscribers: Modelled[] = [];
  let written = 0;
  for (let step = 0; step < 80; step++) {
    const choice = next(8);
    if (choice < 5) {
      written += 1;
      db.set('log', { celsius: 0, timestamp: written });
    } else if (choice === 5) {
      const subscriber: Modelled = { heard: [], expected: [], since: written, off: () => {} };
      subscriber.off = db.subscribe(
        'log',
        (value) => subscriber.heard.push((value as { timestamp: number }).timestamp),
        { onLag: (missed) => subscriber.heard.push(`missed ${missed}`) },
      );
      subscribers.push(subscriber);
    } else if (choice === 6 && subscribers.length > 0) {
      const [leaver] = subscribers.splice(next(subscribers.length), 1);
      leaver?.off();
    } else if (choice === 7) {
      await turn();
      for (const subscriber of subscribers) {
        const oldest = Math.max(subscriber.since, written - capacity);
        if (oldest > subscriber.since)
          subscriber.expected.push(`missed ${oldest - subscriber.since}`);
        for (let at = oldest + 1; at <= written; at++) subscriber.expected.push(at);
        subscriber.since = written;
        expect(subscriber.heard).toEqual(subscriber.expected);
      }
      expect(db.history('log').map((value) => (value as { timestamp: number }).timestamp)).toEqual(
        Array.from(
          { length: Math.min(capacity, written) },
          (_, at) => written - Math.min(capacity, written) + 1 + at,
        ),
      );
    }
  }
  subscribers = [];
});

test.each(SEEDS)('the latest value: seed %i', async (seed) => {
  const next = random(seed);
  const db = database({ room: LATEST });
  const subscribers: Modelled[] = [];
  let written = 0;
  for (let step = 0; step < 80; step++) {
    const choice = next(8);
    if (choice < 4) {
      written += 1;
      db.set('room', { celsius: 0, timestamp: written });
    } else if (choice === 4) {
      const subscriber: Modelled = { heard: [], expected: [], since: 0, off: () => {} };
      subscriber.off = db.subscribe('room', (value, { version }) => {
        expect((value as { timestamp: number }).timestamp).toBe(version);
        subscriber.heard.push(version);
      });
      subscribers.push(subscriber);
    } else if (choice === 5 && subscribers.length > 0) {
      const [leaver] = subscribers.splice(next(subscribers.length), 1);
      leaver?.off();
    } else if (choice === 6) {
      // Looking must not change what anyone hears.
      expect((db.get('room') as { timestamp: number } | null)?.timestamp ?? 0).toBe(written);
    } else {
      await turn();
      for (const subscriber of subscribers) {
        if (subscriber.since !== written) subscriber.expected.push(written);
        subscriber.since = written;
        expect(subscriber.heard).toEqual(subscriber.expected);
      }
    }
  }
});
