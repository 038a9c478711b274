/** What an application finds on its device after an update: writes of its version before, or of its own for a server that is older. */
import { type BridgeOptions, type StorageChange, WsBridge } from '@aimdb/wasm';
import { expect, test, vi } from 'vitest';
import { freshDatabases, LATEST } from './support/db.js';

const database = freshDatabases();
const KEY = 'room.t';
const TEMPERATURE = 'temperature';

/** A server that holds a version of the contract, and answers hellos alone. */
class Server {
  readonly writes: Record<string, unknown>[] = [];
  readonly #version: number;

  constructor(version: number) {
    this.#version = version;
  }

  get WebSocket(): NonNullable<BridgeOptions['WebSocket']> {
    const server = this;
    return class extends EventTarget {
      constructor() {
        super();
        queueMicrotask(() => this.dispatchEvent(new Event('open')));
      }
      send(text: string): void {
        const frame = JSON.parse(text);
        if (frame.type === 'write') server.writes.push(frame);
        if (!frame.hello) return;
        const fingerprint = '0000000000000000';
        const contracts = [{ name: TEMPERATURE, version: server.#version, fingerprint }];
        const pong = { type: 'pong', hello: { v: 7, server: 'one', contracts } };
        const data = JSON.stringify(pong);
        queueMicrotask(() => this.dispatchEvent(new MessageEvent('message', { data })));
      }
      close(): void {}
    } as unknown as NonNullable<BridgeOptions['WebSocket']>;
  }
}

const OLD = '{"temp":77,"unit":"F","timestamp":5}';
const NEW = '{"celsius":25,"timestamp":5}';

/** Opens an application whose device has one write of it; gives what goes to the server and what is stored meanwhile. */
function opened(of: { payload: string; version: number; handedOver: boolean }, served: number) {
  const db = database({ [KEY]: { ...LATEST, offline: 'queue' } });
  const kept: StorageChange[] = [];
  const storage = {
    client: 'device',
    epoch: 1,
    nextWrite: 2,
    writes: [{ write: 1, topic: 'room/t', key: KEY, offline: -1, ...of }],
    keep: (changes: readonly StorageChange[]) => {
      kept.push(...changes);
      return Promise.resolve();
    },
  };
  const server = new Server(served);
  const { WebSocket } = server;
  WsBridge.connect(db, 'ws://one/ws', { subscribeTopics: ['#'], WebSocket, storage });
  return { db, server, kept };
}

test.each([false, true])(
  'a write of an older application is shown in this version and goes as it was (sent: %s)',
  async (handedOver) => {
    const { db, server } = opened({ payload: OLD, version: 1, handedOver }, 2);
    expect(db.get(KEY)).toMatchObject({ celsius: 25, timestamp: 5 });
    await vi.waitFor(() => expect(server.writes).toHaveLength(1));
    expect(server.writes[0]).toMatchObject({ payload: JSON.parse(OLD), id: 1, version: 1 });
  },
);

test('a write for a server that turns out to be older is stored as one of its version before it goes', async () => {
  const { db, server, kept } = opened({ payload: NEW, version: 2, handedOver: false }, 1);
  await vi.waitFor(() => expect(server.writes).toHaveLength(1));
  const sent = { schema_version: 1, temp: 25, unit: 'C', timestamp: 5 };
  expect(server.writes[0]).toMatchObject({ payload: sent, id: 1, version: 1 });
  expect(db.get(KEY)).toMatchObject({ celsius: 25, timestamp: 5 });
  const puts = kept.flatMap((change) => ('put' in change ? [change.put] : []));
  const told = puts.map(({ payload, version, handedOver }) => [
    JSON.parse(payload),
    version,
    handedOver,
  ]);
  expect(told).toEqual([
    [sent, 1, false],
    [sent, 1, true],
  ]);
});

test('one that may have been sent stays as it is, and says its version', async () => {
  const { server } = opened({ payload: NEW, version: 2, handedOver: true }, 1);
  await vi.waitFor(() => expect(server.writes).toHaveLength(1));
  expect(server.writes[0]).toMatchObject({ payload: JSON.parse(NEW), id: 1, version: 2 });
});
