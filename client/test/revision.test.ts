/** What moves the revision of a record, and what hears that a record has no value any more. */
import { type BridgeOptions, WsBridge } from '@aimdb/wasm';
import initStore, { bindRecord, createStore } from '@aimdb/wasm/store';
import { expect, test, vi } from 'vitest';
import { freshDatabases, LATEST, MAILBOX, ring, turn, warm } from './support/db.js';
import { QUICK, Room } from './support/room.js';

const database = freshDatabases();
const KEY = 'sensors.vienna';
const TOPIC = 'sensors/vienna';
const FOLLOW: BridgeOptions = { ...QUICK, subscribeTopics: ['#'] };
/** What the room refuses. */
const REFUSED = warm(60);

/** A database whose record is mirrored, and the way to wait for the end of its writes. */
async function mirrored(room = new Room()) {
  const db = database({ [KEY]: LATEST });
  const bridge = WsBridge.connect(db, room.url, FOLLOW);
  await vi.waitFor(() => expect(bridge.status()).toBe('connected'), 5000);
  const settled = vi.fn();
  bridge.onWriteSettled(settled);
  let wanted = 0;
  const end = async () => {
    wanted += 1;
    await vi.waitFor(() => expect(settled).toHaveBeenCalledTimes(wanted), 5000);
    await turn();
  };
  return { db, room, bridge, end };
}

test('every change of state moves it to a larger number, and nothing else does', async () => {
  const { db, room, bridge, end } = await mirrored();
  const handle = db.record(KEY);
  const seen = [handle.revision];
  /** Whether it has moved since the last look, as it must. */
  const moved = (what: string) => {
    expect([what, handle.revision > (seen.at(-1) as number)]).toEqual([what, true]);
    seen.push(handle.revision);
  };
  db.set(KEY, REFUSED);
  moved('a local value');
  await end();
  moved('the loss of the only value');
  expect(handle.version).toBe(1);
  db.set(KEY, REFUSED);
  await end();
  moved('a value that came and went unseen');
  db.set(KEY, warm(5));
  moved('a value after none');
  await end();
  db.set(KEY, REFUSED);
  moved('a value that will go back');
  await end();
  moved('a value that went back');
  await room.publish(TOPIC, warm(7));
  await vi.waitFor(() => expect(db.get(KEY)).toMatchObject({ celsius: 7 }), 5000);
  moved('a remote value');
  const still = handle.revision;
  db.get(KEY);
  db.history(KEY);
  db.subscribe(KEY, () => {});
  db.trySet(KEY, { celsius: 'x' } as never);
  await bridge.listTopics();
  expect(handle.revision).toBe(still);
  db.removeRecord(KEY);
  moved('the removal');
  db.configureRecord(KEY, LATEST);
  await turn();
  expect(handle.revision).toBe(seen.at(-1));
});

test.each([LATEST, MAILBOX, ring(2)])(
  'each value and the removal move it, whatever keeps them (%#)',
  (options) => {
    const db = database({ r: options });
    const handle = db.record('r');
    const seen = [handle.revision];
    for (let celsius = 0; celsius < 4; celsius++) {
      db.set('r', warm(celsius));
      seen.push(handle.revision);
    }
    db.removeRecord('r');
    seen.push(handle.revision);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  },
);

test('subscribers hear that the only value was taken back, and of the next one', async () => {
  const { db, end } = await mirrored();
  const heard: unknown[] = [];
  db.subscribe(KEY, (value) => heard.push((value as { celsius: number }).celsius), {
    onNone: () => heard.push('none'),
  });
  // Who has heard of no value hears of no loss.
  const late = vi.fn();
  db.set(KEY, REFUSED);
  await turn();
  await end();
  db.subscribe(KEY, () => {}, { onNone: late });
  await turn();
  expect(db.get(KEY)).toBeNull();
  db.set(KEY, warm(1));
  await end();
  db.set(KEY, REFUSED);
  await turn();
  await end();
  expect(heard).toEqual([60, 'none', 1, 60, 1]);
  expect(late).not.toHaveBeenCalled();
  db.removeRecord(KEY);
  await turn();
  expect(heard.at(-1)).toBe('none');
  expect(late).toHaveBeenCalledTimes(1);
});

test('what onNone throws is reported and stops nobody', async () => {
  const db = database({ r: LATEST });
  const codes: string[] = [];
  const heard = vi.fn();
  db.onError(({ code }) => codes.push(code));
  const onNone = () => {
    throw new Error('x');
  };
  db.subscribe('r', () => {}, { onNone });
  db.subscribe('r', () => {}, { onNone: heard });
  db.set('r', warm(1));
  db.removeRecord('r');
  await turn();
  expect(codes).toEqual(['CALLBACK_THREW']);
  expect(heard).toHaveBeenCalledTimes(1);
});

test('a path of a store that follows a record has no value when the record has none', async () => {
  await initStore();
  const { db, end } = await mirrored();
  const store = createStore<Record<string, unknown>>({});
  bindRecord(store, db, KEY, 'room');
  db.set(KEY, REFUSED);
  // Before the server can answer.
  await Promise.resolve();
  await Promise.resolve();
  expect(store.get('room')).toMatchObject(REFUSED);
  await end();
  expect(store.get('room')).toBeUndefined();
  db.set(KEY, warm(3));
  await turn();
  expect(store.get('room.celsius')).toBe(3);
  await end();
  db.set(KEY, REFUSED);
  await turn();
  await end();
  expect(store.get('room.celsius')).toBe(3);
  db.removeRecord(KEY);
  await turn();
  expect(store.get('room')).toBeUndefined();
  store.dispose();
});
