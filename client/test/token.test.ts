/** Tokens of a bridge: asked for, shown once a connection, renewed, and never told of. */
import { type AimDbError, type BridgeOptions, type BridgeStatus, WsBridge } from '@aimdb/wasm';
import { expect, test, vi } from 'vitest';
import { codeOf, freshDatabases, LATEST, warm } from './support/db.js';

const database = freshDatabases();
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), 5000);
const KEY = 'sensors.vienna';

/** A server at the other end of each socket: says hello to whom it knows, and closes on everybody else. */
class Gate {
  readonly urls: string[] = [];
  readonly shown: unknown[] = [];
  readonly frames: Record<string, unknown>[] = [];
  good = 'good';
  lifeMs = 1_000_000;
  #say: (text: object) => void = () => {};

  get WebSocket(): NonNullable<BridgeOptions['WebSocket']> {
    const gate = this;
    return class extends EventTarget {
      constructor(url: string) {
        super();
        gate.urls.push(url);
        const say = (frame: object) =>
          this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
        queueMicrotask(() => {
          gate.#say = say;
          this.dispatchEvent(new Event('open'));
        });
      }
      send(text: string): void {
        const frame = JSON.parse(text);
        gate.frames.push(frame);
        const isRefused = gate.#hear(frame);
        // As a real one does, later.
        if (isRefused) {
          const close = Object.assign(new Event('close'), { code: 4401, reason: 'token_unknown' });
          queueMicrotask(() => this.dispatchEvent(close));
        }
      }
      close(): void {}
    } as unknown as NonNullable<BridgeOptions['WebSocket']>;
  }

  #hear(frame: Record<string, unknown>): boolean {
    const { type, hello, token, id } = frame as {
      type: string;
      hello?: { token?: unknown };
      token?: unknown;
      id?: number;
    };
    if (type === 'write') this.say({ type: 'ack', id });
    if (!hello && type !== 'auth') return false;
    const shown = hello ? hello.token : token;
    this.shown.push(shown);
    if (shown !== this.good) return true;
    this.say({ type: 'auth_ok', until: this.lifeMs, now: 0 });
    if (hello) this.say({ type: 'pong', hello: { v: 6, server: 'gate' } });
    return false;
  }

  say(frame: object): void {
    queueMicrotask(() => this.#say(frame));
  }
}

function bridged(token: BridgeOptions['token'], gate = new Gate()) {
  const db = database({ [KEY]: { ...LATEST, offline: 'queue' } });
  const options = { WebSocket: gate.WebSocket, backoffMinMs: 20, backoffMaxMs: 20, token };
  const bridge = WsBridge.connect(db, 'ws://gate.example/ws', {
    subscribeTopics: ['#'],
    ...options,
  });
  const [errors, states]: [AimDbError[], BridgeStatus[]] = [[], []];
  bridge.onError((error) => errors.push(error));
  bridge.onStatusChange((status) => states.push(status));
  return { db, gate, bridge, errors, states };
}

const GIVEN: readonly [string, NonNullable<BridgeOptions['token']>][] = [
  ['a text', 'good'],
  ['a function', (): string => 'good'],
  ['a promise', async (): Promise<string> => 'good'],
];

test.for(GIVEN)('%s is shown with the first frame, and in no address', async ([, token]) => {
  const { gate, bridge, errors } = bridged(token);
  await until(() => bridge.status() === 'connected');
  expect(gate.shown).toEqual(['good']);
  expect(gate.urls).toEqual(['ws://gate.example/ws']);
  expect(errors).toEqual([]);
});

test('a refused one needs another, and what was written meanwhile goes then', async () => {
  let token = 'bad';
  const asked = vi.fn(() => token);
  const { db, gate, bridge, errors, states } = bridged(asked);
  await until(() => bridge.status() === 'needs-auth');
  db.set(KEY, warm(1));
  await until(() => asked.mock.calls.length > 3);
  expect(bridge.pendingWrites).toBe(1);
  // Told once, and not with the token.
  expect(errors.map(({ code }) => code)).toEqual(['CLOSED_BY_SERVER']);
  token = 'good';
  await until(() => bridge.status() === 'connected' && bridge.pendingWrites === 0);
  expect(states).toEqual(['connecting', 'needs-auth', 'connected']);
  expect(gate.frames.filter(({ type }) => type === 'write')).toHaveLength(1);
  expect(errors).toHaveLength(1);
});

test('one is renewed in the open socket, and at an end without one writes wait', async () => {
  const gate = new Gate();
  gate.lifeMs = 1_500;
  let give: ((token: string) => void) | undefined;
  let isFirst = true;
  const { db, bridge, states } = bridged(() => {
    if (isFirst) {
      isFirst = false;
      return 'good';
    }
    return new Promise((resolve) => {
      give = resolve;
    });
  }, gate);
  await until(() => give);
  gate.good = 'better';
  gate.say({ type: 'auth_expired' });
  await until(() => bridge.status() === 'needs-auth');
  db.set(KEY, warm(1));
  expect(bridge.pendingWrites).toBe(1);
  give?.('better');
  await until(() => bridge.status() === 'connected' && bridge.pendingWrites === 0);
  expect(gate.urls).toHaveLength(1);
  expect(gate.shown).toEqual(['good', 'better']);
  expect(states).toEqual(['connecting', 'connected', 'needs-auth', 'connected']);
});

test('what fails to give one is told with its cause, and asked again', async () => {
  const cause = new Error('no login');
  const answers: (() => string | Promise<string>)[] = [
    () => {
      throw cause;
    },
    () => Promise.reject(cause),
    () => 'secret words',
    () => undefined as unknown as string,
    () => 'good',
  ];
  const { bridge, errors, gate } = bridged(() => (answers.shift() as () => string)());
  await until(() => bridge.status() === 'connected');
  expect(errors.map(({ code }) => code)).toEqual(Array(4).fill('TOKEN_FAILED'));
  expect(errors.map((error) => error.cause)).toEqual([cause, cause, undefined, undefined]);
  expect(errors.map(({ message }) => message).join()).not.toContain('secret');
  expect(gate.shown).toEqual(['good']);
});

test('who reconnects by hand asks at once', async () => {
  const gate = new Gate();
  const asked = vi.fn((): Promise<string> => new Promise(() => {}));
  const { bridge } = bridged(asked, gate);
  await until(() => asked.mock.calls.length === 1);
  asked.mockResolvedValue('good');
  bridge.reconnect();
  await until(() => bridge.status() === 'connected');
  expect(asked).toHaveBeenCalledTimes(2);
});

test('what can be none is refused, and not shown', async () => {
  for (const token of ['', 'two words', 'ü', 7, null, {}, 'x'.repeat(8_193)]) {
    expect(await codeOf(() => bridged(token as string))).toBe('OPTIONS_INVALID');
  }
  expect(() => bridged('secret words')).toThrow(/^(?!.*secret)/);
  const hidden = { hasToken: true, WebSocket: new Gate().WebSocket } as unknown as BridgeOptions;
  expect(() => WsBridge.connect(database({}), 'ws://x', hidden)).toThrow('hasToken');
});

test('another token is shown in the open connection, and the old giver counts no more', async () => {
  const release: ((token: string) => void)[] = [];
  const slow = () => new Promise<string>((resolve) => release.push(resolve));
  const { bridge, gate } = bridged('good');
  await until(() => bridge.status() === 'connected');
  bridge.renewToken(slow);
  await until(() => release.length === 1);
  gate.good = 'better';
  bridge.renewToken('better');
  await until(() => gate.shown.length === 2);
  release[0]?.('late');
  bridge.renewToken();
  await until(() => gate.shown.length === 3);
  expect(gate.shown).toEqual(['good', 'better', 'better']);
  expect(gate.urls).toHaveLength(1);
  expect(bridge.status()).toBe('connected');
  expect(await codeOf(() => bridge.renewToken('two words'))).toBe('OPTIONS_INVALID');
});

test('a bridge that was connected without a token takes none later', async () => {
  const { bridge } = bridged(undefined);
  expect(await codeOf(() => bridge.renewToken('good'))).toBe('OPTIONS_INVALID');
  bridge.disconnect();
  expect(await codeOf(() => bridge.renewToken('good'))).toBe('DISCONNECTED');
});
