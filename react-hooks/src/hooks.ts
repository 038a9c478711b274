/**
 * The same hooks for records by `defineRecords`, where a misspelt key or a value of another contract does not compile.
 *
 * Only types differ: what `createAimDbHooks` gives are the hooks themselves, so both kinds work under one provider.
 */
import type {
  BridgeStatus,
  Freshness,
  RecordDefinitions,
  RecordInput,
  RecordKey,
  RecordValue,
  WasmDb,
  WriteList,
  WriteReceipt,
  WriteStatus,
  WsBridge,
} from '@aimdb/wasm';
import type { ReactNode } from 'react';
import { useConnectionStatus } from './connection.js';
import { useAimDb, useBridge } from './context.js';
import { useFreshness } from './freshness.js';
import { useRecordHistory } from './history.js';
import { AimDbProvider, type AimDbProviderProps } from './provider.js';
import { type Equality, useRecord, useSetRecord, useSuspenseRecord } from './record.js';
import { type DeadLetterBox, useDeadLetters, useWriteStatus, useWrites } from './writes.js';

/** The provider and the hooks of some records. */
export interface AimDbHooks<RECORDS extends RecordDefinitions> {
  AimDbProvider(props: AimDbProviderProps<RECORDS>): ReactNode;
  useAimDb(): WasmDb<RECORDS> | null;
  useBridge(): WsBridge | null;
  useConnectionStatus(): BridgeStatus;
  useFreshness(key: RecordKey<RECORDS>): Freshness;
  useRecord<K extends RecordKey<RECORDS>>(key: K): RecordValue<K, RECORDS> | null;
  useRecord<K extends RecordKey<RECORDS>, S>(
    key: K,
    selector: (value: RecordValue<K, RECORDS>) => S,
    equality?: Equality<S>,
  ): S | null;
  useSetRecord<K extends RecordKey<RECORDS>>(
    key: K,
  ): (value: RecordInput<K, RECORDS>) => WriteReceipt;
  useRecordHistory<K extends RecordKey<RECORDS>>(
    key: K,
    length: number,
  ): readonly RecordValue<K, RECORDS>[];
  useSuspenseRecord<K extends RecordKey<RECORDS>>(key: K): RecordValue<K, RECORDS>;
  useWrites(): WriteList;
  useWriteStatus(key: RecordKey<RECORDS>): WriteStatus | null;
  useDeadLetters(): DeadLetterBox;
}

/** Without a type of records there is no key that would compile: a forgotten type must not pass for any. */
type NoRecords = Record<never, never>;

/** The hooks of records: `createAimDbHooks<typeof records>()`. */
export function createAimDbHooks<
  RECORDS extends RecordDefinitions = NoRecords,
>(): AimDbHooks<RECORDS> {
  const hooks = {
    AimDbProvider,
    useAimDb,
    useBridge,
    useConnectionStatus,
    useFreshness,
    useRecord,
    useSetRecord,
    useRecordHistory,
    useSuspenseRecord,
    useWrites,
    useWriteStatus,
    useDeadLetters,
  };
  return hooks as unknown as AimDbHooks<RECORDS>;
}
