/** Records that an application declares instead of defining them: in names of their own, since all tests see them. */
import {
  type ContractInput,
  type ContractValue,
  defineContract,
  defineRecords,
  type Temperature,
  WasmDb,
} from '@aimdb/wasm';

const press = defineContract({
  name: 'press',
  version: 1,
  fields: [
    { name: 'force', kind: 'f64' },
    { name: 'mode', kind: 'text', default: 'auto' },
  ],
});
type Press = ContractValue<typeof press>;

declare module '@aimdb/wasm' {
  interface AimDbRecords {
    'declared.room': Temperature;
    'declared.press1': Press;
  }
  interface AimDbInputs {
    press: [Press, ContractInput<typeof press>];
  }
  interface AimDbSchemas {
    press: Press;
  }
}

const db = new WasmDb();
export const celsius: number | undefined = db.get('declared.room')?.celsius;
export const force: number | undefined = db.get('declared.press1')?.force;
db.set('declared.room', { celsius: 1, timestamp: 1 });
db.set('declared.press1', { force: 1 });
// @ts-expect-error: a value of another contract
db.set('declared.room', { force: 1 });
// @ts-expect-error: a field is missing
db.set('declared.press1', { mode: 'manual' });
const newest = db.record('declared.press1').get();
// @ts-expect-error: frozen
if (newest) newest.force = 1;

// Any other key is a record that a server may have made.
export const anything: unknown = db.get('from.the.server');
db.set('from.the.server', 1);

// A contract of the application is one that records may name.
const records = defineRecords({
  'declared.press2': { schemaType: 'press', buffer: 'SingleLatest' },
});
const typed = db.configureRecords(records);
export const mode: string | undefined = typed.get('declared.press2')?.mode;
typed.set('declared.press2', { force: 1 });
// @ts-expect-error: declared, but none of those that were defined
typed.get('declared.press1');
