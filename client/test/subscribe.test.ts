/** Subscribers: when they are called, with what, and what they may do. */
import { describe, expect, test, vi } from 'vitest';
import {
  codeOf,
  degrees,
  freshDatabases,
  LATEST,
  MAILBOX,
  ring,
  turn,
  warm,
} from './support/db.js';

const database = freshDatabases();

describe('a subscriber of the latest value', () => {
  test('hears the current value in a microtask, never inside subscribe', async () => {
    const db = database({ room: LATEST });
    db.set('room', warm(1));
    const callback = vi.fn();
    db.subscribe('room', callback);
    expect(callback).not.toHaveBeenCalled();
    await turn();
    expect(callback.mock.calls).toEqual([[db.get('room'), { version: 1, origin: 'local' }]]);
    expect(callback.mock.calls[0]?.[0]).toBe(db.get('room'));
  });

  test('hears nothing while there is no value', async () => {
    const db = database({ room: LATEST });
    const callback = vi.fn();
    db.subscribe('room', callback);
    await turn();
    expect(callback).not.toHaveBeenCalled();
  });

  test('hears of a turn with many writes once, with the newest', async () => {
    const db = database({ room: LATEST });
    const callback = vi.fn();
    db.subscribe('room', callback);
    for (const celsius of [1, 2, 3]) db.set('room', warm(celsius));
    expect(callback).not.toHaveBeenCalled();
    await turn();
    expect(callback.mock.calls).toEqual([[db.get('room'), { version: 3, origin: 'local' }]]);
    db.set('room', warm(4));
    await turn();
    expect(callback).toHaveBeenCalledTimes(2);
  });

  test('shares one snapshot with everyone, in the order of joining', async () => {
    const db = database({ room: LATEST });
    const heard: [string, unknown][] = [];
    for (const name of ['a', 'b', 'c']) db.subscribe('room', (value) => heard.push([name, value]));
    db.set('room', warm(1));
    await turn();
    expect(heard.map(([name]) => name)).toEqual(['a', 'b', 'c']);
    for (const [, value] of heard) expect(value).toBe(db.get('room'));
  });

  test('that joins later hears the value once, and the others not again', async () => {
    const db = database({ room: LATEST });
    const [early, late] = [vi.fn(), vi.fn()];
    db.subscribe('room', early);
    db.set('room', warm(1));
    await turn();
    db.subscribe('room', late);
    await turn();
    expect(early).toHaveBeenCalledTimes(1);
    expect(late).toHaveBeenCalledTimes(1);
  });

  test('hears nothing after it left, also within the turn of the write', async () => {
    const db = database({ room: LATEST });
    const [stays, leaves] = [vi.fn(), vi.fn()];
    db.subscribe('room', stays);
    const off = db.subscribe('room', leaves);
    db.set('room', warm(1));
    off();
    off();
    await turn();
    expect(leaves).not.toHaveBeenCalled();
    expect(stays).toHaveBeenCalledTimes(1);
  });

  test('may come back, and the record is watched again', async () => {
    const db = database({ room: LATEST });
    db.subscribe('room', () => {})();
    const callback = vi.fn();
    db.set('room', warm(1));
    db.subscribe('room', callback);
    db.set('room', warm(2));
    await turn();
    expect(degrees(callback.mock.calls.map(([value]) => value))).toEqual([2]);
  });

  test('given twice is called twice, and leaves once at a time', async () => {
    const db = database({ room: LATEST });
    const callback = vi.fn();
    const off = db.subscribe('room', callback);
    db.subscribe('room', callback);
    db.set('room', warm(1));
    await turn();
    expect(callback).toHaveBeenCalledTimes(2);
    off();
    db.set('room', warm(2));
    await turn();
    expect(callback).toHaveBeenCalledTimes(3);
  });

  test('must be a function', async () => {
    const db = database({ room: LATEST });
    expect(await codeOf(() => db.subscribe('room', 5 as never))).toBe('CALLBACK_INVALID');
  });
});

describe('inside a callback', () => {
  test('writing the same record works, and is heard in a later microtask', async () => {
    const db = database({ room: LATEST });
    const heard: number[] = [];
    let inside = 0;
    db.subscribe('room', (value) => {
      expect(inside).toBe(0);
      inside += 1;
      const { celsius } = value as { celsius: number };
      heard.push(celsius);
      if (celsius < 5) db.set('room', warm(celsius + 1));
      inside -= 1;
    });
    db.set('room', warm(1));
    await turn();
    expect(heard).toEqual([1, 2, 3, 4, 5]);
  });

  test('a write of the first reaches the second once per version that it sees', async () => {
    const db = database({ room: LATEST });
    const versions: number[] = [];
    db.subscribe('room', (_, { version }) => {
      if (version === 1) db.set('room', warm(2));
    });
    db.subscribe('room', (value, { version }) => {
      versions.push(version);
      expect(degrees([value])).toEqual([version]);
    });
    db.set('room', warm(1));
    await turn();
    expect(versions).toEqual([1, 2]);
  });

  test('subscribing and leaving work', async () => {
    const db = database({ room: LATEST });
    const late = vi.fn();
    const heard: string[] = [];
    let offSecond = () => {};
    const offFirst = db.subscribe('room', () => {
      heard.push('first');
      offFirst();
      offSecond();
      db.subscribe('room', late);
    });
    offSecond = db.subscribe('room', () => heard.push('second'));
    db.subscribe('room', () => heard.push('third'));
    db.set('room', warm(1));
    await turn();
    expect(heard).toEqual(['first', 'third']);
    expect(late).toHaveBeenCalledTimes(1);
  });

  test.each([
    ['latest', LATEST],
    ['ring', ring(8)],
    ['mailbox', MAILBOX],
  ] as const)('freeing the database ends it all: %s', async (_, options) => {
    const db = database({ room: options, other: LATEST });
    const after = vi.fn();
    const callback = vi.fn(() => db.free());
    db.subscribe('room', callback);
    db.subscribe('room', after);
    db.subscribe('other', after);
    db.set('room', warm(1));
    db.set('room', warm(2));
    db.set('other', warm(1));
    await turn();
    expect(callback.mock.calls.length + after.mock.calls.length).toBe(1);
  });

  test('configuring two thousand records works', async () => {
    const db = database({ room: LATEST });
    db.subscribe('room', () => {
      for (let at = 0; at < 2_000; at++) db.configureRecord(`key.${at}`, LATEST);
    });
    db.set('room', warm(1));
    await turn();
    expect(db.keys()).toHaveLength(2_001);
    expect(db.get('room')).toMatchObject({ celsius: 1 });
  });
});

describe('a callback that throws', () => {
  test('is reported with its record, and the others go on', async () => {
    for (const options of [LATEST, ring(8)]) {
      const db = database({ room: options });
      const onError = vi.fn();
      const other = vi.fn();
      db.onError(onError);
      const cause = new Error('mine');
      db.subscribe('room', () => {
        throw cause;
      });
      db.subscribe('room', other);
      db.set('room', warm(1));
      await turn();
      expect(other).toHaveBeenCalledTimes(1);
      expect(onError.mock.calls).toHaveLength(1);
      expect(onError.mock.calls[0]?.[0]).toMatchObject({
        code: 'CALLBACK_THREW',
        record: 'room',
        cause,
      });
      db.set('room', warm(2));
      await turn();
      expect(other).toHaveBeenCalledTimes(2);
    }
  });

  test('goes to the platform when nobody listens', async () => {
    const db = database({ room: LATEST });
    const cause = new Error('mine');
    const told = vi.fn();
    const kept = globalThis.reportError;
    globalThis.reportError = told;
    db.subscribe('room', () => {
      throw cause;
    });
    db.set('room', warm(1));
    await turn();
    globalThis.reportError = kept;
    expect(told.mock.calls).toEqual([[cause]]);
  });

  test('an error listener that throws stops nobody either', async () => {
    const db = database({ room: LATEST });
    const second = vi.fn();
    const kept = globalThis.reportError;
    globalThis.reportError = vi.fn();
    db.onError(() => {
      throw new Error('the listener');
    });
    const off = db.onError(second);
    db.subscribe('room', () => {
      throw new Error('mine');
    });
    db.set('room', warm(1));
    await turn();
    expect(globalThis.reportError).toHaveBeenCalledTimes(1);
    expect(second).toHaveBeenCalledTimes(1);
    off();
    db.set('room', warm(2));
    await turn();
    globalThis.reportError = kept;
    expect(second).toHaveBeenCalledTimes(1);
  });
});

describe('a subscriber of a ring', () => {
  test('hears each value that was pushed after it joined, in order', async () => {
    const db = database({ log: ring(8) });
    db.set('log', warm(0));
    const [early, late]: [unknown[], unknown[]] = [[], []];
    db.subscribe('log', (value) => early.push(value));
    await turn();
    db.set('log', warm(1));
    db.set('log', warm(2));
    db.subscribe('log', (value) => late.push(value));
    db.set('log', warm(3));
    await turn();
    expect(degrees(early)).toEqual([1, 2, 3]);
    expect(degrees(late)).toEqual([3]);
    expect(early.at(-1)).toBe(late[0]);
    expect(early.at(-1)).toBe(db.get('log'));
  });

  test('that was too slow goes on at the oldest kept value, and is told how many it missed', async () => {
    const db = database({ log: ring(4) });
    const heard: unknown[] = [];
    const onLag = vi.fn();
    const deaf: unknown[] = [];
    db.subscribe('log', (value) => heard.push(value), {
      onLag: (missed) => {
        onLag(missed);
        heard.push({ celsius: -missed });
      },
    });
    db.subscribe('log', (value) => deaf.push(value));
    for (let at = 1; at <= 10; at++) db.set('log', warm(at));
    await turn();
    expect(onLag.mock.calls).toEqual([[6]]);
    expect(degrees(heard)).toEqual([-6, 7, 8, 9, 10]);
    expect(degrees(deaf)).toEqual([7, 8, 9, 10]);
    db.set('log', warm(11));
    await turn();
    expect(degrees(deaf)).toEqual([7, 8, 9, 10, 11]);
    expect(onLag).toHaveBeenCalledTimes(1);
  });

  test('that joined in the middle of a burst misses only what came after it joined', async () => {
    const db = database({ log: ring(2) });
    const [first, second, third] = [vi.fn(), vi.fn(), vi.fn()];
    db.subscribe('log', () => {}, { onLag: first });
    for (let at = 0; at < 5; at++) db.set('log', warm(at));
    db.subscribe('log', () => {}, { onLag: second });
    for (let at = 0; at < 3; at++) db.set('log', warm(at));
    db.subscribe('log', () => {}, { onLag: third });
    db.set('log', warm(9));
    await turn();
    expect([first, second, third].map((lag) => lag.mock.calls)).toEqual([[[7]], [[2]], []]);
  });

  test('that writes in its callback hears its own values in later turns', async () => {
    const db = database({ log: ring(4) });
    const heard: unknown[] = [];
    db.subscribe('log', (value) => {
      heard.push(value);
      if (heard.length < 5) db.set('log', warm(heard.length));
    });
    db.set('log', warm(0));
    await turn();
    expect(degrees(heard)).toEqual([0, 1, 2, 3, 4]);
  });

  test('may leave in the middle of a burst', async () => {
    const db = database({ log: ring(8) });
    const heard: unknown[] = [];
    const off = db.subscribe('log', (value) => {
      heard.push(value);
      if (heard.length === 2) off();
    });
    for (let at = 0; at < 5; at++) db.set('log', warm(at));
    await turn();
    expect(degrees(heard)).toEqual([0, 1]);
  });

  test('starts at the end, though changes were listened to before', async () => {
    const db = database({ log: ring(4) });
    const changes = vi.fn();
    db.record('log').onChange(changes);
    for (let at = 0; at < 9; at++) db.set('log', warm(at));
    await turn();
    const heard = vi.fn();
    const onLag = vi.fn();
    db.subscribe('log', heard, { onLag });
    db.set('log', warm(9));
    await turn();
    expect(degrees(heard.mock.calls.map(([value]) => value))).toEqual([9]);
    expect(onLag).not.toHaveBeenCalled();
    expect(changes).toHaveBeenCalledTimes(2);
  });
});

describe('subscribers of a mailbox', () => {
  test('take turns: exactly one gets each value', async () => {
    const db = database({ inbox: MAILBOX });
    const heard: [string, number][] = [];
    for (const name of ['a', 'b', 'c']) {
      db.subscribe('inbox', (value) => heard.push([name, (value as { celsius: number }).celsius]));
    }
    for (let at = 0; at < 6; at++) {
      db.set('inbox', warm(at));
      await turn();
    }
    expect(heard.map(([, celsius]) => celsius)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const name of ['a', 'b', 'c'])
      expect(heard.filter(([who]) => who === name)).toHaveLength(2);
  });

  test('get a value that waited, once, and of a burst only the newest', async () => {
    const db = database({ inbox: MAILBOX });
    db.set('inbox', warm(1));
    const heard: unknown[] = [];
    db.subscribe('inbox', (value) => heard.push(value));
    db.subscribe('inbox', (value) => heard.push(value));
    await turn();
    expect(degrees(heard)).toEqual([1]);
    db.set('inbox', warm(2));
    db.set('inbox', warm(3));
    await turn();
    expect(degrees(heard)).toEqual([1, 3]);
  });

  test('who left get nothing', async () => {
    const db = database({ inbox: MAILBOX });
    const [gone, here] = [vi.fn(), vi.fn()];
    const off = db.subscribe('inbox', gone);
    db.subscribe('inbox', here);
    off();
    for (let at = 0; at < 3; at++) {
      db.set('inbox', warm(at));
      await turn();
    }
    expect(gone).not.toHaveBeenCalled();
    expect(here).toHaveBeenCalledTimes(3);
  });
});

describe('onChange', () => {
  test('is called once per turn with changes, after the subscribers, and takes no mail', async () => {
    const db = database({ inbox: MAILBOX, room: LATEST });
    const order: string[] = [];
    const off = db.record('room').onChange(() => order.push('change'));
    db.record('inbox').onChange(() => order.push('mail'));
    db.subscribe('room', () => order.push('value'));
    await turn();
    expect(order).toEqual([]);
    db.set('room', warm(1));
    db.set('room', warm(2));
    db.set('inbox', warm(1));
    await turn();
    expect(order).toEqual(['value', 'change', 'mail']);
    off();
    db.set('room', warm(3));
    const taken = vi.fn();
    db.subscribe('inbox', taken);
    await turn();
    expect(order).toEqual(['value', 'change', 'mail', 'value']);
    expect(taken).toHaveBeenCalledTimes(1);
  });
});

describe('history', () => {
  test('of a ring is its newest values, oldest first, frozen', () => {
    const db = database({ log: ring(4) });
    expect(db.history('log')).toEqual([]);
    for (let at = 1; at <= 6; at++) db.set('log', warm(at));
    expect(degrees(db.history('log'))).toEqual([3, 4, 5, 6]);
    expect(degrees(db.history('log', 2))).toEqual([5, 6]);
    expect(degrees(db.history('log', 100))).toEqual([3, 4, 5, 6]);
    expect(db.history('log', 0)).toEqual([]);
    expect(Object.isFrozen(db.history('log'))).toBe(true);
    expect(Object.isFrozen(db.history('log')[0])).toBe(true);
  });

  test('is the same array until the record changes, and keeps its elements after', () => {
    const db = database({ log: ring(4) });
    db.set('log', warm(1));
    db.set('log', warm(2));
    const before = db.history('log', 3);
    expect(db.history('log', 3)).toBe(before);
    expect(before.at(-1)).toBe(db.get('log'));
    db.set('log', warm(3));
    db.set('log', warm(4));
    const after = db.history('log', 3);
    expect(degrees(after)).toEqual([2, 3, 4]);
    expect(after[0]).toBe(before[1]);
    expect(degrees(before)).toEqual([1, 2]);
    for (let at = 5; at < 30; at++) db.set('log', warm(at));
    expect(degrees(db.history('log', 3))).toEqual([27, 28, 29]);
    expect(degrees(db.history('log'))).toEqual([26, 27, 28, 29]);
  });

  test('of the other buffers is their one value', () => {
    for (const options of [LATEST, MAILBOX]) {
      const db = database({ room: options });
      expect(db.history('room', 5)).toEqual([]);
      db.set('room', warm(1));
      db.set('room', warm(2));
      expect(degrees(db.history('room', 5))).toEqual([2]);
      expect(db.history('room', 5)).toBe(db.history('room', 3));
    }
  });

  test('of many lengths stays right', () => {
    const db = database({ log: ring(64) });
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 40; at++) db.set('log', warm(round * 40 + at));
      for (let length = 1; length <= 40; length++) {
        const newest = round * 40 + 39;
        expect(degrees(db.history('log', length))).toEqual(
          Array.from({ length }, (_, at) => newest - length + 1 + at),
        );
      }
    }
  });

  test.each([-1, 1.5, Number.NaN, '3'])('refuses the length %s', async (length) => {
    const db = database({ log: ring(4) });
    expect(await codeOf(() => db.history('log', length as number))).toBe('OPTIONS_INVALID');
  });
});
