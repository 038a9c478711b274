/** A write in words, for lists in which all kinds of them stand. */
import { type Command, METERS, type Photo, type Reading, type Setpoint } from '../records.js';
import { fixed, number } from './format.js';
import type { IconName } from './icons.js';

export interface Words {
  readonly title: string;
  readonly icon: IconName;
}

const SETPOINTS: Record<string, (value: Setpoint) => Words> = {
  'field.boiler.setpoint': ({ value }) => ({
    title: `Boiler 1 to ${fixed(value, 1)} °C`,
    icon: 'flame',
  }),
  'field.pump.setpoint': ({ value }) => ({
    title: `Pump 2 to ${fixed(value, 1)} bar`,
    icon: 'pump',
  }),
};

export function wordsOf(key: string, value: unknown): Words {
  if (value === undefined) return { title: key, icon: 'outbox' };
  if (key === 'field.readings') {
    const { meter, value: read, unit } = value as Reading;
    return { title: `${meterName(meter)}: ${number(read)} ${unit}`, icon: 'reading' };
  }
  if (key === 'field.photos') {
    const { machine, caption } = value as Photo;
    return { title: `Photo of ${machine}${caption ? `: ${caption}` : ''}`, icon: 'photo' };
  }
  if (key === 'field.commands') {
    const title = (value as Command).action === 'open' ? 'Open the valve' : 'Close the valve';
    return { title, icon: 'drop' };
  }
  return SETPOINTS[key]?.(value as Setpoint) ?? { title: key, icon: 'outbox' };
}

export function meterName(id: string): string {
  return METERS.find((meter) => meter.id === id)?.name ?? id;
}
