/** A write in words, for lists in which all kinds of them stand. */
import {
  type Command,
  isSetpoint,
  METERS,
  type Photo,
  type Reading,
  type Setpoint,
  type SetpointKey,
} from '../records.js';
import { fixed, number } from './format.js';
import type { IconName } from './icons.js';

export interface Words {
  readonly title: string;
  readonly icon: IconName;
}

const MACHINES: Record<SetpointKey, { name: string; unit: string; icon: IconName }> = {
  'field.boiler.setpoint': { name: 'Boiler 1', unit: '°C', icon: 'flame' },
  'field.pump.setpoint': { name: 'Pump 2', unit: 'bar', icon: 'pump' },
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
  if (!isSetpoint(key)) return { title: key, icon: 'outbox' };
  const { name, icon } = MACHINES[key];
  return { title: `${name} to ${setpointText(key, value as Setpoint)}`, icon };
}

export function setpointText(key: SetpointKey, { value }: Setpoint): string {
  return `${fixed(value, 1)} ${MACHINES[key].unit}`;
}

export function meterName(id: string): string {
  return METERS.find((meter) => meter.id === id)?.name ?? id;
}
