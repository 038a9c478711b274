/** A provider that makes its own database: when it makes one, and when it lets go. */
import init, { type AimDbError, WasmDb } from '@aimdb/wasm';
import { StrictMode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-react';
import { AimDbProvider, useAimDb, useRecord } from '../src/index.js';
import { celsius, RECORDS } from './database.js';
import { Boundary } from './support/boundary.js';
import { foretell } from './support/quiet.js';

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

test('makes one database under StrictMode and, told to keep nothing, frees it when it unmounts', async () => {
  const seen = new Set<WasmDb>();
  const screen = await render(
    <StrictMode>
      <AimDbProvider options={{ records: RECORDS }} keepMs={0}>
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
    <AimDbProvider options={{ records: RECORDS }} keepMs={0} fallback={<p>starting</p>}>
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
    flushSync(() => root.render(<AimDbProvider options={{ records: RECORDS }} keepMs={0} />));
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
      <AimDbProvider options={{ records: RECORDS }} keepMs={0}>
        <Probe seen={left} />
      </AimDbProvider>
      <AimDbProvider options={{ records: RECORDS }} keepMs={0}>
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

test('options that the engine refuses reach the error boundary', async () => {
  foretell(/no-such-contract|The above error|AimDbProvider/);
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
});

test('a hook without a provider says what is missing', async () => {
  foretell(/no-such-contract|The above error|AimDbProvider/);
  const screen = await render(
    <Boundary>
      <Probe seen={new Set()} />
    </Boundary>,
  );
  await expect.element(screen.getByRole('alert')).toHaveTextContent('<AimDbProvider>');
});
