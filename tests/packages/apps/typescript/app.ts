/** An app as strict as can be. A misspelt key and a value of another contract must not compile, which also shows that the types were found. */

import { AimDbProvider, createAimDbHooks } from '@aimdb/react';
import { createStoreHooks } from '@aimdb/react/store';
import init, { AimDbError, defineContract, defineRecords, WasmDb, WsBridge } from '@aimdb/wasm';
import { fromJsonSchema } from '@aimdb/wasm/json-schema';
import { openStorage } from '@aimdb/wasm/storage';
import { createStore } from '@aimdb/wasm/store';
import { typescript } from '@aimdb/wasm/types';
import { createElement, type ReactNode } from 'react';

const pump = defineContract({
  name: 'pump',
  version: 1,
  fields: [{ name: 'rpm', kind: 'f64', min: 0 }],
});
const records = defineRecords({ 'plant.pump': { contract: pump, buffer: 'SingleLatest' } });
const { useRecord } = createAimDbHooks<typeof records>();
const { useField } = createStoreHooks<{ room: { celsius: number } }>();

export function Pump(): ReactNode {
  const rpm: number | null = useRecord('plant.pump', (value) => value.rpm);
  const { value }: { value: number } = useField('room.celsius');
  // @ts-expect-error: a misspelt key
  useRecord('plant.pmup');
  // @ts-expect-error: a misspelt path
  useField('room.clesius');
  return createElement('p', null, rpm, value);
}

export function App(): ReactNode {
  return createElement(AimDbProvider, { options: { records } }, createElement(Pump));
}

export async function main(): Promise<string> {
  await init();
  const db = new WasmDb().configureRecords(records);
  const bridge: WsBridge = WsBridge.connect(db, 'ws://127.0.0.1/ws', { subscribeTopics: ['#'] });
  const store = createStore({ room: { celsius: 20 } });
  store.set('room.celsius', 21);
  try {
    // @ts-expect-error: a value of another contract
    db.set('plant.pump', { celsius: 21 });
  } catch (error) {
    if (error instanceof AimDbError) return error.code;
  }
  const storage = await openStorage({ user: 'ann' });
  bridge.disconnect();
  return typescript([fromJsonSchema({ type: 'object' }, { name: typeof storage })]);
}
