/** The records of the page: one for each buffer, and one for each contract that can be tried. */
import type { AimDbOptions } from '@aimdb/react';
import type { GpsLocation, Humidity, Temperature } from '@aimdb/wasm';

declare module '@aimdb/wasm' {
  interface AimDbRecords {
    'demo.latest': Temperature;
    'demo.ring': Temperature;
    'demo.mailbox': Temperature;
    'demo.humidity': Humidity;
    'demo.position': GpsLocation;
  }
}

/** The three records that the simulated source writes, one for each buffer. */
export type BufferKey = 'demo.latest' | 'demo.ring' | 'demo.mailbox';
export const BUFFER_KEYS: readonly BufferKey[] = ['demo.latest', 'demo.ring', 'demo.mailbox'];

export const RING_CAPACITY = 8;

export const OPTIONS: AimDbOptions = {
  records: {
    'demo.latest': { schemaType: 'temperature', buffer: 'SingleLatest' },
    'demo.ring': {
      schemaType: 'temperature',
      buffer: { type: 'SpmcRing', capacity: RING_CAPACITY },
    },
    'demo.mailbox': { schemaType: 'temperature', buffer: 'Mailbox' },
    'demo.humidity': { schemaType: 'humidity', buffer: 'SingleLatest' },
    'demo.position': { schemaType: 'gps_location', buffer: 'SingleLatest' },
  },
};
