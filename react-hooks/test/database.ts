/** A real database with the two records that the tests look at. */
import init, { type Temperature, WasmDb } from '@aimdb/wasm';

declare module '@aimdb/wasm' {
  interface AimDbRecords {
    'room.vienna': Temperature;
    'room.berlin': Temperature;
    log: Temperature;
  }
}

export const RECORDS = {
  'room.vienna': { schemaType: 'temperature', buffer: 'SingleLatest' },
  'room.berlin': { schemaType: 'temperature', buffer: 'SingleLatest' },
  log: { schemaType: 'temperature', buffer: { type: 'SpmcRing', capacity: 8 } },
} as const;

export async function database(): Promise<WasmDb> {
  await init();
  const db = new WasmDb();
  for (const [key, options] of Object.entries(RECORDS)) db.configureRecord(key, options);
  return db;
}

export function celsius(degrees: number, timestamp = 1): Temperature {
  return { schema_version: 2, celsius: degrees, timestamp };
}
