/** Which keys and values the hooks of defined records take. Nothing runs: the type checker is the test. */
import { type AimDbOptions, createAimDbHooks, useRecord } from '@aimdb/react';
import {
  type ContractInput,
  type ContractValue,
  defineContract,
  defineRecords,
  type WasmDb,
} from '@aimdb/wasm';

/** Holds only if both types are the same. */
type Equal<LEFT, RIGHT> =
  (<T>() => T extends LEFT ? 1 : 2) extends <T>() => T extends RIGHT ? 1 : 2 ? true : false;
function expect<_CHECK extends true>(): void {}

const pump = defineContract({
  name: 'pump',
  version: 1,
  fields: [
    { name: 'rpm', kind: 'f64' },
    { name: 'mode', kind: { enum: ['auto', 'manual'] }, default: 'auto' },
  ],
});
type Pump = ContractValue<typeof pump>;

const records = defineRecords({
  'plant.pump1': { contract: pump, buffer: 'SingleLatest' },
  'room.vienna': { schemaType: 'temperature', buffer: { type: 'SpmcRing', capacity: 100 } },
});
const others = defineRecords({ 'lab.room': { schemaType: 'humidity', buffer: 'Mailbox' } });

const {
  AimDbProvider,
  useAimDb,
  useRecord: useTyped,
  useRecordHistory,
  useSetRecord,
  useSuspenseRecord,
} = createAimDbHooks<typeof records>();

export function Right() {
  const value = useTyped('plant.pump1');
  expect<Equal<typeof value, Pump | null>>();
  const celsius = useTyped('room.vienna', ({ celsius }) => celsius);
  expect<Equal<typeof celsius, number | null>>();
  const pair = useTyped(
    'plant.pump1',
    ({ rpm, mode }) => ({ rpm, mode }),
    (before, after) => before.rpm === after.rpm,
  );
  expect<Equal<typeof pair, { rpm: number; mode: 'auto' | 'manual' } | null>>();
  const set = useSetRecord('plant.pump1');
  expect<Equal<Parameters<typeof set>[0], ContractInput<typeof pump>>>();
  set({ rpm: 1 });
  const history = useRecordHistory('plant.pump1', 3);
  expect<Equal<typeof history, readonly Pump[]>>();
  const there = useSuspenseRecord('plant.pump1');
  expect<Equal<typeof there, Pump>>();
  const db = useAimDb();
  expect<Equal<typeof db, WasmDb<typeof records> | null>>();
  return null;
}

export function Wrong() {
  // @ts-expect-error: a misspelt key
  useTyped('plant.pmup1');
  // @ts-expect-error: a misspelt key
  useSetRecord('plant.pmup1');
  // @ts-expect-error: a misspelt key
  useRecordHistory('plant.pmup1', 3);
  // @ts-expect-error: a misspelt key
  useSuspenseRecord('plant.pmup1');
  // @ts-expect-error: a key of other records
  useTyped('lab.room');
  // @ts-expect-error: a misspelt key
  useAimDb()?.get('plant.pmup1');
  // @ts-expect-error: no such field
  useTyped('plant.pump1', ({ celsius }) => celsius);
  // @ts-expect-error: no such field
  useTyped('plant.pump1')?.celsius;
  const set = useSetRecord('plant.pump1');
  // @ts-expect-error: a value of another contract
  set({ celsius: 1, timestamp: 1 });
  // @ts-expect-error: not one of the texts
  set({ rpm: 1, mode: 'manuel' });
  // @ts-expect-error: a misspelt field
  set({ rpm: 1, mod: 'auto' });
  const value = useSuspenseRecord('plant.pump1');
  // @ts-expect-error: frozen
  value.rpm = 1;
  return null;
}

declare const db: WasmDb<typeof records>;
declare const free: WasmDb;
declare const foreign: WasmDb<typeof others>;
export const providers = [
  <AimDbProvider key="a" options={{ records }} />,
  <AimDbProvider key="b" options={{ records, bridge: { url: '/ws', lateJoin: true } }} />,
  <AimDbProvider key="c" db={db} />,
  <AimDbProvider key="d" db={free} bridge={null} />,
  <AimDbProvider
    key="g"
    options={{ records }}
    wasm="/engine_bg.wasm"
    onError={({ code }) => code}
    errorFallback={(error, retry) => (
      <button type="button" onClick={retry}>
        {String(error)}
      </button>
    )}
    keepMs={0}
  />,
  <AimDbProvider key="h" options={{ records }} fallback={null} errorFallback={<p>sorry</p>} />,
  // @ts-expect-error: the app keeps that database itself
  <AimDbProvider key="i" db={db} keepMs={0} />,
  // @ts-expect-error: a misspelt option
  <AimDbProvider key="j" options={{ records }} errorFalback={null} />,
  // @ts-expect-error: a misspelt option
  <AimDbProvider key="k" options={{ records, brigde: { url: '/ws' } }} />,
  // @ts-expect-error: other records
  <AimDbProvider key="e" options={{ records: others }} />,
  // @ts-expect-error: a database of other records
  <AimDbProvider key="f" db={foreign} />,
];

// Without the type of records nothing is a key: a forgotten type does not pass for any.
const forgotten = createAimDbHooks();
export function Forgotten() {
  // @ts-expect-error: no key at all
  return forgotten.useRecord('plant.pump1');
}

// The hooks as they are take any key, and records of either kind.
export function Free() {
  const value = useRecord('any.key');
  expect<Equal<typeof value, unknown>>();
  return null;
}
export const options: AimDbOptions = { records };
export const inPlace: AimDbOptions = {
  records: {
    a: { schemaType: 'temperature', buffer: 'SingleLatest' },
    b: { contract: pump, buffer: 'SingleLatest' },
  },
};
