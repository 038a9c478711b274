/** The hooks of defined records: the same functions, under a provider that configures the records. */
import { defineRecords, type WasmDb } from '@aimdb/wasm';
import { StrictMode } from 'react';
import { expect, test } from 'vitest';
import { render } from 'vitest-browser-react';
import * as free from '../src/index.js';
import { celsius } from './database.js';

const records = defineRecords({
  'plant.room': { schemaType: 'temperature', buffer: 'SingleLatest' },
  'plant.log': { schemaType: 'temperature', buffer: { type: 'SpmcRing', capacity: 4 } },
});
const hooks = free.createAimDbHooks<typeof records>();

test('they are the hooks that untyped code uses', () => {
  const untyped: Record<string, unknown> = { ...free };
  expect(Object.keys(hooks).length).toBeGreaterThan(7);
  for (const [name, hook] of Object.entries(hooks)) {
    expect(hook).toBe(untyped[name]);
  }
});

test('a provider configures the records, and both kinds of hooks read them', async () => {
  const { AimDbProvider, useAimDb, useRecord, useRecordHistory, useSetRecord } = hooks;
  let seen: WasmDb | null = null;
  function Room() {
    const value = useRecord('plant.room', (room) => room.celsius);
    const same = free.useRecord('plant.room') as { celsius: number } | null;
    const history = useRecordHistory('plant.log', 3);
    const set = useSetRecord('plant.room');
    seen = useAimDb();
    return (
      <>
        <output>{`${value}, ${same?.celsius}, ${history.length} kept`}</output>
        <button type="button" onClick={() => set({ celsius: 21, timestamp: 1 })}>
          set
        </button>
      </>
    );
  }
  const screen = await render(
    <StrictMode>
      <AimDbProvider options={{ records }} fallback={<p>starting</p>}>
        <Room />
      </AimDbProvider>
    </StrictMode>,
  );
  await screen.getByRole('button').click();
  await expect.element(screen.getByRole('status')).toHaveTextContent('21, 21, 0 kept');
  const db = seen as unknown as WasmDb<typeof records>;
  expect(db.keys()).toEqual(['plant.room', 'plant.log']);
  db.set('plant.log', celsius(1));
  db.set('plant.log', celsius(2));
  await expect.element(screen.getByRole('status')).toHaveTextContent('21, 21, 2 kept');
});
