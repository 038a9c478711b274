/** Which options ask for the same. */
import { expect, test } from 'vitest';
import { type AimDbOptions, isSameOptions } from '../src/session/options.js';

class Socket {}
const record = { schemaType: 'temperature', buffer: 'SingleLatest' };
const bridge = { url: 'ws://a/ws', subscribeTopics: ['a', 'b'] };
const schema = () => ({ '~standard': { version: 1, vendor: 'v', validate: () => ({ value: 1 }) } });
const of = (bridge: object | undefined, records: object = {}, contracts?: object[]) =>
  ({ records, bridge, contracts }) as unknown as AimDbOptions;

test.each<[boolean, AimDbOptions, AimDbOptions]>([
  [true, of(undefined), { records: {} }],
  [true, of(bridge), of({ ...bridge, subscribeTopics: ['a', 'b'], lateJoin: undefined })],
  [false, of(bridge), of(undefined)],
  [false, of(bridge), of({ ...bridge, subscribeTopics: ['a'] })],
  [false, of(bridge), of({ ...bridge, url: 'ws://b/ws' })],
  [false, of(bridge), of({ ...bridge, backoffMinMs: 1 })],
  [false, of(bridge), of({ ...bridge, topics: { a: 'b' } })],
  [false, of(bridge), of({ ...bridge, WebSocket: Socket })],
  [false, of(bridge), of({ ...bridge, token: 'a' })],
  [false, of({ ...bridge, token: 'a' }), of({ ...bridge, token: 'b' })],
  [false, of({ ...bridge, token: 'a' }), of({ ...bridge, token: () => 'a' })],
  [true, of({ ...bridge, token: () => 'a' }), of({ ...bridge, token: () => 'b' })],
  [false, of(bridge), of({ ...bridge, storage: async () => ({}) })],
  [true, of(undefined, { a: record }), of(undefined, { a: { ...record, topic: undefined } })],
  [false, of(undefined, { a: record }), of(undefined, { b: record })],
  [false, of(undefined, { a: record }), of(undefined, { a: record, b: record })],
  [false, of(undefined, { a: record }), of(undefined, { a: { ...record, offline: 'latest' } })],
  [
    false,
    of(undefined, { a: { ...record, buffer: { type: 'SpmcRing', capacity: 1 } } }),
    of(undefined, { a: { ...record, buffer: { type: 'SpmcRing', capacity: 2 } } }),
  ],
  [
    true,
    of(undefined, { a: { schema: schema(), buffer: 'Mailbox' } }),
    of(undefined, { a: { schema: schema(), buffer: 'Mailbox' } }),
  ],
  [
    false,
    of(undefined, { a: { schema: schema(), buffer: 'Mailbox' } }),
    of(undefined, { a: { schemaType: 'json', buffer: 'Mailbox' } }),
  ],
  [
    true,
    of(undefined, {}, [{ name: 'a', fields: [1] }]),
    of(undefined, {}, [{ fields: [1], name: 'a' }]),
  ],
  [
    false,
    of(undefined, {}, [{ name: 'a', fields: [1] }]),
    of(undefined, {}, [{ name: 'a', fields: [2] }]),
  ],
  [
    false,
    of(undefined, {}, [{ name: 'a', fields: [] }]),
    of(undefined, {}, [{ name: 'a', fields: {} }]),
  ],
  [false, of(undefined, { toString: record }), of(undefined, { valueOf: record })],
  [false, undefined as never, of(undefined)],
  [false, { records: null } as never, { records: undefined } as never],
])('%s: %j, %j', (isSame, left, right) => {
  expect(isSameOptions(left, right)).toBe(isSame);
  expect(isSameOptions(right, left)).toBe(isSame);
});
