/** A provider that makes its own database: when it makes one, and when it lets go. */
import init, { type AimDbError, WasmDb } from '@aimdb/wasm';
import { Component, type ReactNode, StrictMode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-react';
import { AimDbProvider, useAimDb, useRecord } from '../src/index.js';
import { celsius, RECORDS } from './database.js';

/** Shows the record and keeps each database that it was handed. */
function Probe({ seen }: { seen: Set<WasmDb> }) {
  const db = useAimDb();
  if (db) seen.add(db);
  const value = useRecord('room.vienna');
  return <output>{db ? `${value?.celsius ?? 'none'}` : 'making'}</output>;
}

function isFreed(db: WasmDb): boolean {
  try {
    db.get('room.vienna');
    return false;
  } catch (error) {
    return (error as AimDbError).code === 'FREED';
  }
}

test('makes one database under StrictMode and frees it when it unmounts', async () => {
  const seen = new Set<WasmDb>();
  const screen = await render(
    <StrictMode>
      <AimDbProvider options={{ records: RECORDS }}>
        <Probe seen={seen} />
      </AimDbProvider>
    </StrictMode>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  expect(seen.size).toBe(1);
  const [db] = seen;
  db?.set('room.vienna', celsius(4));
  await expect.element(screen.getByRole('status')).toHaveTextContent('4');
  await screen.unmount();
  await vi.waitFor(() => expect(db && isFreed(db)).toBe(true));
});

test('shows its fallback until the database is there', async () => {
  const seen = new Set<WasmDb>();
  const screen = await render(
    <AimDbProvider options={{ records: RECORDS }} fallback={<p>starting</p>}>
      <Probe seen={seen} />
    </AimDbProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('none');
  expect(screen.getByText('starting').query()).toBeNull();
});

test('an unmount before the engine is ready leaves no database behind', async () => {
  await init();
  const configured = vi.spyOn(WasmDb.prototype, 'configureRecord');
  const mount = () => {
    const root = createRoot(document.createElement('div'));
    flushSync(() => root.render(<AimDbProvider options={{ records: RECORDS }} />));
    return root;
  };
  const left = mount();
  left.unmount();
  await new Promise((resolve) => setTimeout(resolve));
  expect(configured).not.toHaveBeenCalled();
  const stayed = mount();
  await vi.waitFor(() => expect(configured).toHaveBeenCalledTimes(3));
  stayed.unmount();
  configured.mockRestore();
});

test('two providers keep two databases', async () => {
  const [left, right] = [new Set<WasmDb>(), new Set<WasmDb>()];
  const screen = await render(
    <>
      <AimDbProvider options={{ records: RECORDS }}>
        <Probe seen={left} />
      </AimDbProvider>
      <AimDbProvider options={{ records: RECORDS }}>
        <Probe seen={right} />
      </AimDbProvider>
    </>,
  );
  await expect.element(screen.getByRole('status').nth(1)).toHaveTextContent('none');
  for (const db of left) db.set('room.vienna', celsius(1));
  for (const db of right) db.set('room.vienna', celsius(2));
  await expect.element(screen.getByRole('status').nth(0)).toHaveTextContent('1');
  await expect.element(screen.getByRole('status').nth(1)).toHaveTextContent('2');
});

class Boundary extends Component<{ children: ReactNode }, { message: string | null }> {
  override state = { message: null };
  static getDerivedStateFromError(error: Error) {
    return { message: error.message };
  }
  override render() {
    return this.state.message === null ? (
      this.props.children
    ) : (
      <p role="alert">{this.state.message}</p>
    );
  }
}

test('options that the engine refuses reach the error boundary', async () => {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => {});
  const screen = await render(
    <Boundary>
      <AimDbProvider
        options={{ records: { a: { schemaType: 'no-such-contract', buffer: 'SingleLatest' } } }}
      >
        <p>fine</p>
      </AimDbProvider>
    </Boundary>,
  );
  await expect.element(screen.getByRole('alert')).toHaveTextContent('no-such-contract');
  quiet.mockRestore();
});

test('a hook without a provider says what is missing', async () => {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => {});
  const screen = await render(
    <Boundary>
      <Probe seen={new Set()} />
    </Boundary>,
  );
  await expect.element(screen.getByRole('alert')).toHaveTextContent('<AimDbProvider>');
  quiet.mockRestore();
});
