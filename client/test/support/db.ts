/** Databases for tests, freed after each. */
import init, { type AimDbError, type RecordOptions, WasmDb } from '@aimdb/wasm';
import { afterEach, beforeAll, expect, inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The engine that the tests of a project run on. */
    readonly engine: 'wasm' | 'js';
  }
}

export const LATEST = { schemaType: 'temperature', buffer: 'SingleLatest' } as const;
export const MAILBOX = { schemaType: 'temperature', buffer: 'Mailbox' } as const;
export const ring = (capacity: number): RecordOptions => ({
  schemaType: 'temperature',
  buffer: { type: 'SpmcRing', capacity },
});

let made: WasmDb[] = [];

/** Call it at the top of a test file. */
export function freshDatabases(): (records?: Record<string, RecordOptions>) => WasmDb {
  beforeAll(() => init({ engine: inject('engine') }));
  afterEach(() => {
    for (const db of made) db.free();
    made = [];
  });
  return (records = {}) => {
    const db = new WasmDb();
    made.push(db);
    for (const [key, options] of Object.entries(records)) db.configureRecord(key, options);
    return db;
  };
}

/** A value of the contract `temperature`. */
export const warm = (celsius: number) => ({ celsius, timestamp: 1 });

/** Waits until this turn's microtasks have run. */
export const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** The celsius of values, for short expectations. */
export const degrees = (values: readonly unknown[]) =>
  values.map((value) => (value as { celsius: number }).celsius);

/** What an action throws, or rejects with, which must be an error of this package. */
export async function thrown(action: () => unknown): Promise<AimDbError> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect((error as AimDbError).code).toBeTypeOf('string');
    return error as AimDbError;
  }
  throw new Error('nothing was thrown');
}

export async function codeOf(action: () => unknown): Promise<string> {
  return (await thrown(action)).code;
}
