// Written from the contracts by `make types`: do not edit.

/** A position on the WGS 84 ellipsoid. */
export interface GpsLocation {
  /** Degrees north of the equator. [°] */
  latitude: number;
  /** Degrees east of Greenwich. [°] */
  longitude: number;
  /** Height above the ellipsoid. [m] */
  altitude?: number;
  /** Radius within which the position is expected. [m] */
  accuracy?: number;
  /** When it was measured. [ms] */
  timestamp: number;
}

/** The load of a machine's processor. */
export interface HostCpu {
  /** Share of all cores that is busy. [%] */
  percent: number;
  /** Logical cores. */
  cores: number;
  /** Average number of runnable tasks over one minute; 0 where the system does not tell. */
  load_1m: number;
  /** When it was measured. [ms] */
  timestamp: number;
}

/** The use of a machine's disks, all together. */
export interface HostDisk {
  /** Space in use. [B] */
  used_bytes: number;
  /** Space in all. [B] */
  total_bytes: number;
  /** Share in use. [%] */
  percent: number;
  /** Read in the last interval. [B/s] */
  read_bytes_per_second: number;
  /** Written in the last interval. [B/s] */
  write_bytes_per_second: number;
  /** When it was measured. [ms] */
  timestamp: number;
}

/** The use of a machine's memory. */
export interface HostMemory {
  /** Memory in use. [B] */
  used_bytes: number;
  /** Memory in all. [B] */
  total_bytes: number;
  /** Share in use. [%] */
  percent: number;
  /** Swap in use. [B] */
  swap_used_bytes: number;
  /** When it was measured. [ms] */
  timestamp: number;
}

/** What a machine's network carries, all interfaces together. */
export interface HostNetwork {
  /** Received in the last interval. [B/s] */
  received_bytes_per_second: number;
  /** Sent in the last interval. [B/s] */
  sent_bytes_per_second: number;
  /** When it was measured. [ms] */
  timestamp: number;
}

/** Relative humidity. */
export interface Humidity {
  /** Relative humidity. [%] */
  percent: number;
  /** When it was measured. [ms] */
  timestamp: number;
}

/** Any JSON object, kept as it is. */
export interface Json {
  [name: string]: unknown;
}

/** A temperature that is asked for. */
export interface Setpoint {
  /** The version of the shape, 2 when the sender did not say. */
  schema_version: number;
  /** The temperature that is asked for. [°C] */
  celsius: number;
  /** When it was asked for. [ms] */
  timestamp: number;
}

/** A temperature that is asked for. */
export interface SetpointInput {
  /** The version of the shape, 2 when the sender did not say. */
  schema_version?: number;
  /** The temperature that is asked for. [°C] */
  celsius: number;
  /** When it was asked for. [ms] */
  timestamp: number;
}

/** A measured temperature. */
export interface Temperature {
  /** The version of the shape, 2 when the sender did not say. */
  schema_version: number;
  /** The temperature. [°C] */
  celsius: number;
  /** When it was measured. [ms] */
  timestamp: number;
}

/** A measured temperature. */
export interface TemperatureInput {
  /** The version of the shape, 2 when the sender did not say. */
  schema_version?: number;
  /** The temperature. [°C] */
  celsius: number;
  /** When it was measured. [ms] */
  timestamp: number;
}

/** The built-in contracts by name; an application adds its own. */
export interface AimDbSchemas {
  gps_location: GpsLocation;
  host_cpu: HostCpu;
  host_disk: HostDisk;
  host_memory: HostMemory;
  host_network: HostNetwork;
  humidity: Humidity;
  json: Json;
  setpoint: Setpoint;
  temperature: Temperature;
}
