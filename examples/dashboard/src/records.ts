/** The records this page mirrors: their keys, their types, and the ring that keeps a few minutes of each. */
import type { AimDbOptions } from '@aimdb/react';
import type {
  GpsLocation,
  HostCpu,
  HostDisk,
  HostMemory,
  HostNetwork,
  Humidity,
  RecordOptions,
  Setpoint,
  Temperature,
} from '@aimdb/wasm';

declare module '@aimdb/wasm' {
  interface AimDbRecords {
    'hosts.local.cpu': HostCpu;
    'hosts.local.memory': HostMemory;
    'hosts.local.disk': HostDisk;
    'hosts.local.network': HostNetwork;
    'sensors.temperature.vienna': Temperature;
    'sensors.temperature.berlin': Temperature;
    'sensors.temperature.room1': Temperature;
    'sensors.humidity.vienna': Humidity;
    'assets.gps.van1': GpsLocation;
    'commands.setpoint.room1': Setpoint;
  }
}

/** The keys of the records that move by themselves. */
export type LiveKey = Exclude<keyof typeof RECORDS, 'commands.setpoint.room1'>;

/** Values kept of each live record: five minutes at one a second. */
export const HISTORY_LENGTH = 300;

const ring = (schemaType: RecordOptions['schemaType']): RecordOptions => ({
  schemaType,
  buffer: { type: 'SpmcRing', capacity: HISTORY_LENGTH },
});

export const RECORDS = {
  'hosts.local.cpu': ring('host_cpu'),
  'hosts.local.memory': ring('host_memory'),
  'hosts.local.disk': ring('host_disk'),
  'hosts.local.network': ring('host_network'),
  'sensors.temperature.vienna': ring('temperature'),
  'sensors.temperature.berlin': ring('temperature'),
  'sensors.temperature.room1': ring('temperature'),
  'sensors.humidity.vienna': ring('humidity'),
  'assets.gps.van1': ring('gps_location'),
  // Every change counts here, so that the page can show what became of each.
  'commands.setpoint.room1': { schemaType: 'setpoint', buffer: 'SingleLatest', offline: 'queue' },
} satisfies Record<string, RecordOptions>;

/** The server's socket: beside the page, or where `?server=host:port` says. */
function socketUrl(location: Location): string {
  const server = new URLSearchParams(location.search).get('server');
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${server ?? location.host}/ws`;
}

export const OPTIONS: AimDbOptions = {
  records: RECORDS,
  bridge: {
    url: socketUrl(window.location),
    subscribeTopics: ['hosts/#', 'sensors/#', 'assets/#', 'commands/#'],
    autoReconnect: true,
    lateJoin: true,
  },
};
