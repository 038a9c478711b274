/** The station: what its records are, and what becomes of their writes without a network. */
import { createAimDbHooks } from '@aimdb/react';
import { defineContract, defineRecords, type RecordValue } from '@aimdb/wasm';

/** What somebody has read off a meter. */
const reading = defineContract({
  name: 'field_reading',
  version: 1,
  signal: 'value',
  fields: [
    { name: 'id', kind: 'text', minLength: 8, maxLength: 40 },
    { name: 'meter', kind: 'text', minLength: 1, maxLength: 40 },
    { name: 'value', kind: 'f64', min: 0, max: 1_000_000_000 },
    { name: 'unit', kind: 'text', minLength: 1, maxLength: 8 },
    { name: 'timestamp', kind: 'time' },
    { name: 'note', kind: 'text', maxLength: 200, optional: true },
  ],
});

/** A photo, in parts of what one field of bytes holds. */
const photo = defineContract({
  name: 'field_photo',
  version: 1,
  fields: [
    { name: 'id', kind: 'text', minLength: 8, maxLength: 40 },
    { name: 'machine', kind: 'text', minLength: 1, maxLength: 40 },
    { name: 'caption', kind: 'text', maxLength: 120, optional: true },
    { name: 'width', kind: 'u16', min: 1, unit: 'px' },
    { name: 'height', kind: 'u16', min: 1, unit: 'px' },
    { name: 'jpeg', kind: { list: 'bytes' }, minItems: 1, maxItems: 3 },
    { name: 'timestamp', kind: 'time' },
  ],
});

const setpoint = defineContract({
  name: 'field_setpoint',
  version: 1,
  signal: 'value',
  fields: [
    { name: 'value', kind: 'f64', min: 0, max: 100 },
    { name: 'by', kind: 'text', minLength: 1, maxLength: 40 },
    { name: 'timestamp', kind: 'time' },
  ],
});

const command = defineContract({
  name: 'field_command',
  version: 1,
  fields: [
    { name: 'id', kind: 'text', minLength: 8, maxLength: 40 },
    { name: 'action', kind: { enum: ['open', 'close'] } },
    { name: 'timestamp', kind: 'time' },
  ],
});

const measure = defineContract({
  name: 'field_measure',
  version: 1,
  signal: 'value',
  fields: [
    { name: 'value', kind: 'f64' },
    { name: 'timestamp', kind: 'time' },
  ],
});

const valve = defineContract({
  name: 'field_valve',
  version: 1,
  fields: [
    { name: 'open', kind: 'bool' },
    { name: 'timestamp', kind: 'time' },
  ],
});

/** A command is worthless after this time, wherever it waited: nobody is standing at the valve any more. */
export const COMMAND_MS_MAX = 30_000;

/** Of what is set without a network the newest alone is sent, and taken only over the value that was seen here. */
const setpointRecord = {
  contract: setpoint,
  buffer: 'SingleLatest',
  offline: 'latest',
  conflict: 'ifUnchanged',
} as const;

export const records = defineRecords({
  'field.readings': { contract: reading, buffer: { type: 'SpmcRing', capacity: 200 } },
  'field.photos': { contract: photo, buffer: { type: 'SpmcRing', capacity: 24 } },
  'field.commands': {
    contract: command,
    buffer: { type: 'SpmcRing', capacity: 50 },
    offline: { expireMs: COMMAND_MS_MAX },
  },
  'field.boiler.setpoint': setpointRecord,
  'field.boiler.measure': { contract: measure, buffer: 'SingleLatest' },
  'field.pump.setpoint': setpointRecord,
  'field.pump.measure': { contract: measure, buffer: 'SingleLatest' },
  'field.tank.valve': { contract: valve, buffer: 'SingleLatest' },
  'field.tank.level': { contract: measure, buffer: 'SingleLatest' },
});

export type Records = typeof records;
export type Key = keyof Records & string;
export type SetpointKey = 'field.boiler.setpoint' | 'field.pump.setpoint';
export type MeasureKey = 'field.boiler.measure' | 'field.pump.measure' | 'field.tank.level';
export type Value<K extends Key> = RecordValue<K, Records>;
export type Reading = Value<'field.readings'>;
export type Photo = Value<'field.photos'>;
export type Command = Value<'field.commands'>;
export type Setpoint = Value<'field.boiler.setpoint'>;

export const {
  AimDbProvider,
  useBridge,
  useConnectionStatus,
  useFreshness,
  useRecord,
  useSetRecord,
} = createAimDbHooks<Records>();

export function isSetpoint(key: string): key is SetpointKey {
  return key === 'field.boiler.setpoint' || key === 'field.pump.setpoint';
}

export const SITE = 'Pumping station north';

/** The meters that are read, and the unit that stands on each. */
export const METERS = [
  { id: 'water-inflow', name: 'Water inflow', unit: 'm³' },
  { id: 'power-main', name: 'Main power', unit: 'kWh' },
  { id: 'gas-boiler', name: 'Boiler gas', unit: 'm³' },
] as const;

export const MACHINES = ['Boiler 1', 'Pump 2', 'Tank 3'] as const;

/** A name for something that this device made; also where there is no secure context, and so no `randomUUID`. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
