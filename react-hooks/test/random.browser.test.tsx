/** Options that change at random, held against a plain map of what the records must have. The seed is printed. */
import type { RecordDefinition, WasmDb } from '@aimdb/wasm';
import { StrictMode } from 'react';
import { expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-react';
import { type AimDbOptions, AimDbProvider, useAimDb } from '../src/index.js';
import { celsius } from './database.js';
import { TestServer } from './support/server.js';

const SEEDS = [1, 2, 3, 4, 5];
const STEPS = 60;
const KEYS = ['a', 'b', 'c', 'd'] as const;

/** Numbers below a bound, the same for a seed. */
function randomOf(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** A definition by its number: all keep at least one value, over which no server decides. */
const definition = (variant: number): RecordDefinition => ({
  schemaType: 'temperature',
  buffer: variant % 2 === 0 ? 'SingleLatest' : { type: 'SpmcRing', capacity: variant },
  truth: 'local',
  ...(variant > 2 && { unknownFields: 'refuse' as const }),
});

interface Kept {
  variant: number;
  value: number | null;
}

test.each(SEEDS)('records have what they must have, whatever changes (seed %i)', async (seed) => {
  const [random, server] = [randomOf(seed), new TestServer()];
  const model = new Map<string, Kept>();
  let bridge: { url: string; subscribeTopics: string[] } | null = null;
  let isShown = true;
  const dbs = new Set<WasmDb>();
  let db: WasmDb | null = null;
  function Look() {
    db = useAimDb();
    if (db) dbs.add(db);
    return null;
  }
  const options = (): AimDbOptions => ({
    records: Object.fromEntries([...model].map(([key, { variant }]) => [key, definition(variant)])),
    ...(bridge && { bridge: { ...bridge, WebSocket: server.WebSocket } }),
  });
  const page = () => (
    <StrictMode>
      {isShown && (
        <AimDbProvider options={options()} keepMs={600_000}>
          <Look />
        </AimDbProvider>
      )}
    </StrictMode>
  );
  const screen = await render(page());
  const steps: (() => unknown)[] = [
    () => {
      const key = KEYS[random(4)] as string;
      if (!model.has(key)) model.set(key, { variant: random(5), value: null });
    },
    () => model.delete(KEYS[random(4)] as string),
    () => {
      // A record that is there keeps its value, however it is defined anew.
      const kept = model.get(KEYS[random(4)] as string);
      if (kept) kept.variant = random(5);
    },
    () => {
      const url = `ws://${random(2)}.a/ws`;
      bridge = random(3) === 0 ? null : { url, subscribeTopics: [`t${random(3)}/#`] };
    },
    async () => {
      isShown = false;
      await screen.rerender(page());
      isShown = true;
    },
  ];
  for (let at = 0; at < STEPS; at++) {
    await steps[random(steps.length)]?.();
    await screen.rerender(page());
    await vi.waitFor(() => {
      expect(db?.keys().toSorted()).toEqual([...model.keys()].toSorted());
      for (const [key, { value }] of model) {
        expect((db?.get(key) as { celsius: number } | null)?.celsius ?? null).toBe(value);
      }
      expect(server.open).toBe(bridge ? 1 : 0);
    });
    const [written, kept] = [...model][random(4)] ?? [];
    if (written === undefined || kept === undefined) continue;
    kept.value = random(1000);
    (db as unknown as WasmDb).set(written, celsius(kept.value));
  }
  expect(dbs.size).toBe(1);
  await screen.unmount();
});
