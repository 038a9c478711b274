/**
 * AimDB in a window, a worker or Node: validated live records over one WebAssembly engine.
 *
 * `await init()` once, then `new WasmDb()`. No framework; `@aimdb/react` has the hooks.
 */
export { WsBridge } from './bridge/bridge.js';
export type { DeadLetters } from './bridge/dead-letters.js';
export { WriteFailed } from './bridge/receipt.js';
export type { AimDbErrorCode } from './codes.js';
export type * from './contract/file.js';
export type { RecordsOf } from './contract/records.js';
export type * from './contract/standard.js';
export type { ContractInput, ContractValue } from './contract/value.js';
// Whole modules, so that an application can add to their interfaces.
export * from './contracts.js';
export { WasmDb, type WasmDbOptions } from './records/db.js';
export { defineContract, defineRecords } from './define.js';
export { AimDbError, type AimDbErrorDetails, ContractViolation } from './errors.js';
export { default, type EngineInfo, engineInfo, type InitOptions } from './loading/load.js';
export type { EngineGlue, OwnEngine } from './loading/own.js';
export type { WasmSource } from './loading/source.js';
export * from './types.js';
export { type Validated, validate } from './records/validate.js';
