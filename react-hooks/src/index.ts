'use client';
/**
 * React hooks for AimDB: a component's subscription to validated live records.
 *
 * Every hook stands on `useSyncExternalStore` and hands out the engine's own frozen snapshots, so a
 * component renders when what it looks at changed, and only then. Nothing here copies values.
 */
export { useConnectionStatus } from './connection.js';
export { useAimDb, useBridge } from './context.js';
export { useFreshness } from './freshness.js';
export { useRecordHistory } from './history.js';
export { type AimDbHooks, createAimDbHooks } from './hooks.js';
export { useRecordKeys } from './keys.js';
export { AimDbProvider, type AimDbProviderProps, type ErrorFallback } from './provider.js';
export { type Equality, useRecord, useSetRecord, useSuspenseRecord } from './record.js';
export type { AimDbOptions, BridgeTarget } from './session/options.js';
export { type DeadLetterBox, useDeadLetters, useWriteStatus, useWrites } from './writes.js';
