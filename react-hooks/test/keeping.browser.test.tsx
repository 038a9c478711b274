/** A provider that is hidden, or unmounted and mounted again: how long its database stays, and for whom. */
import type { AimDbError, WasmDb } from '@aimdb/wasm';
import { type ReactNode, StrictMode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-react';
import { type AimDbOptions, AimDbProvider, useAimDb, useRecord } from '../src/index.js';
import { HIDDEN_MS, UNMOUNTED_MS } from '../src/session/session.js';
import { celsius, RECORDS } from './database.js';
import { Activity, hasActivity } from './support/activity.js';
import { TestServer } from './support/server.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  // What was left is nobody's in the next test.
  vi.runOnlyPendingTimers();
  vi.useRealTimers();
});

let seen: WasmDb[] = [];
beforeEach(() => {
  seen = [];
});

function Degrees({ label = '' }: { label?: string }) {
  const db = useAimDb();
  if (db && seen.at(-1) !== db) seen.push(db);
  const value = useRecord('room.vienna');
  return <output>{`${label}${db ? (value?.celsius ?? 'none') : 'making'}`}</output>;
}

function isFreed(db: WasmDb | undefined): boolean {
  try {
    return db === undefined || !db.has('room.vienna');
  } catch (error) {
    return (error as AimDbError).code === 'FREED';
  }
}

const made = (): AimDbOptions => ({ records: { ...RECORDS } });
const provider = (given: { options?: AimDbOptions; keepMs?: number; label?: string } = {}) => (
  <AimDbProvider
    options={given.options ?? made()}
    {...(given.keepMs !== undefined && { keepMs: given.keepMs })}
  >
    <Degrees label={given.label ?? ''} />
  </AimDbProvider>
);

/** A page that shows `children` or something else. */
const route = (children: ReactNode) => <StrictMode>{children ?? <p>elsewhere</p>}</StrictMode>;

test('a route that is soon entered again has its database, with what was written', async () => {
  const screen = await render(route(provider()));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  seen[0]?.set('room.vienna', celsius(5));
  await screen.rerender(route(null));
  await vi.advanceTimersByTimeAsync(UNMOUNTED_MS - 1);
  await screen.rerender(route(provider()));
  // At once: there is no render without it.
  expect(screen.getByRole('status').element().textContent).toBe('5');
  expect(seen).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10 * UNMOUNTED_MS);
  seen[0]?.set('room.vienna', celsius(6));
  await expect.element(screen.getByRole('status')).toHaveTextContent('6');
  await screen.unmount();
});

test('one that is entered again later starts anew, and the first is freed', async () => {
  const screen = await render(route(provider()));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  seen[0]?.set('room.vienna', celsius(5));
  await screen.rerender(route(null));
  expect(isFreed(seen[0])).toBe(false);
  await vi.advanceTimersByTimeAsync(UNMOUNTED_MS);
  expect(isFreed(seen[0])).toBe(true);
  await screen.rerender(route(provider()));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  expect(seen).toHaveLength(2);
  await screen.unmount();
});

test('a provider says how long, and 0 keeps nothing', async () => {
  const screen = await render(route(provider({ keepMs: 0 })));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  await screen.rerender(route(null));
  await vi.waitFor(() => expect(isFreed(seen[0])).toBe(true));
  await screen.rerender(route(provider({ keepMs: 60_000 })));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  seen[1]?.set('room.vienna', celsius(7));
  await screen.rerender(route(null));
  await vi.advanceTimersByTimeAsync(59_999);
  await screen.rerender(route(provider()));
  await expect.element(screen.getByRole('status')).toHaveTextContent('7');
  await screen.unmount();
});

test('another key, and other options, start anew', async () => {
  const screen = await render(<div key="a">{provider()}</div>);
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  seen[0]?.set('room.vienna', celsius(5));
  await screen.rerender(<div key="b">{provider()}</div>);
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  expect(seen).toHaveLength(2);
  await screen.rerender(route(null));
  const options = { records: { 'room.vienna': RECORDS['room.vienna'] } };
  await screen.rerender(route(provider({ options })));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  expect(seen).toHaveLength(3);
  await screen.unmount();
});

test('each of two providers alike gets a database of its own back', async () => {
  const both = route(
    <>
      {provider({ label: 'a' })}
      {provider({ label: 'b' })}
    </>,
  );
  const screen = await render(both);
  await expect.element(screen.getByRole('status').nth(1)).toHaveTextContent('none');
  expect(new Set(seen).size).toBe(2);
  const dbs = new Set(seen);
  await screen.rerender(route(null));
  await screen.rerender(both);
  await expect.element(screen.getByRole('status').nth(1)).toHaveTextContent('none');
  expect(seen.every((db) => dbs.has(db))).toBe(true);
  const [left, right] = dbs;
  left?.set('room.vienna', celsius(1));
  right?.set('room.vienna', celsius(2));
  const shown = () =>
    screen
      .getByRole('status')
      .elements()
      .map((element) => element.textContent);
  await vi.waitFor(() =>
    expect(
      shown()
        .map((text) => text?.slice(1))
        .toSorted(),
    ).toEqual(['1', '2']),
  );
  await screen.unmount();
});

test('what is of one user is not kept for the next one', async () => {
  const server = new TestServer();
  const options = {
    records: RECORDS,
    bridge: { url: 'ws://one.example/ws', token: () => 'anna', WebSocket: server.WebSocket },
  };
  const screen = await render(route(provider({ options })));
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  await screen.rerender(route(null));
  await vi.waitFor(() => expect(isFreed(seen[0])).toBe(true));
  expect(server.open).toBe(0);
  await screen.unmount();
});

test('a socket stays open while a route is left', async () => {
  const server = new TestServer();
  const options = () => ({
    records: RECORDS,
    bridge: { url: 'ws://one.example/ws', subscribeTopics: ['#'], WebSocket: server.WebSocket },
  });
  const screen = await render(route(provider({ options: options() })));
  await vi.waitFor(() => expect(server.topics('subscribe')).toEqual(['#']));
  await screen.rerender(route(null));
  server.sends('room/vienna', celsius(4), 1);
  await screen.rerender(route(provider({ options: options() })));
  await expect.element(screen.getByRole('status')).toHaveTextContent('4');
  expect(server.urls).toHaveLength(1);
  await screen.unmount();
  await vi.advanceTimersByTimeAsync(UNMOUNTED_MS);
  expect(server.open).toBe(0);
});

test.runIf(hasActivity)(
  'a hidden Activity keeps its database for a while, and starts anew after',
  async () => {
    const page = (mode: 'hidden' | 'visible', label = '') => (
      <StrictMode>
        <Activity mode={mode}>{provider({ label })}</Activity>
      </StrictMode>
    );
    const screen = await render(page('visible'));
    await expect.element(screen.getByRole('status')).toHaveTextContent('none');
    seen[0]?.set('room.vienna', celsius(5));
    await screen.rerender(page('hidden'));
    await vi.advanceTimersByTimeAsync(HIDDEN_MS - 1);
    seen[0]?.set('room.vienna', celsius(6));
    await screen.rerender(page('visible'));
    await expect.element(screen.getByRole('status')).toHaveTextContent('6');
    await screen.rerender(page('hidden'));
    await vi.advanceTimersByTimeAsync(HIDDEN_MS);
    expect(isFreed(seen[0])).toBe(true);
    // What is hidden renders too, over a database that is no more.
    await screen.rerender(page('hidden', 'x'));
    await screen.rerender(page('visible', 'x'));
    await expect.element(screen.getByRole('status')).toHaveTextContent('xnone');
    expect(seen).toHaveLength(2);
    await screen.unmount();
    await vi.advanceTimersByTimeAsync(UNMOUNTED_MS);
    expect(isFreed(seen[1])).toBe(true);
  },
);

test.runIf(hasActivity)(
  'a hidden provider keeps its database from one that comes and is alike',
  async () => {
    const page = (mode: 'hidden' | 'visible') => (
      <>
        <Activity mode={mode}>{provider({ label: 'a' })}</Activity>
        {mode === 'hidden' && provider({ label: 'b' })}
      </>
    );
    const screen = await render(page('visible'));
    await expect.element(screen.getByRole('status')).toHaveTextContent('none');
    seen[0]?.set('room.vienna', celsius(5));
    await screen.rerender(page('hidden'));
    await expect.element(screen.getByText('bnone')).toBeVisible();
    await screen.rerender(page('visible'));
    await expect.element(screen.getByText('a5')).toBeVisible();
    await screen.unmount();
  },
);
