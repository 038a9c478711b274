/**
 * The rule pipeline in plain TypeScript: the same algorithm as the engine in Rust, written a second time.
 *
 * It is the oracle of property tests, the fallback where WebAssembly is not allowed and the opponent in benchmarks:
 * clear first, fast second. It promises what the engine promises, and holds no state outside its objects but a cache.
 */
export { LINEAGE } from './batch/batch.js';
export type { ClearRule } from './stages/clear.js';
export type { Operation } from './stages/computation.js';
export {
  Engine,
  type EngineOptions,
  LISTENER_DEPTH_MAX,
  type Origin,
  type UserChange,
} from './run/engine.js';
export { type ErrorCode, PipelineError } from './error.js';
export type { ListenerCall } from './readers/listeners.js';
export { type BoolLogic, LOGIC_DEPTH_MAX } from './logic/logic.js';
export { SEGMENTS_MAX } from './state/paths.js';
export type { Report, ReportedChange } from './run/report.js';
export type { PathPair, Registered, Rules } from './run/rules.js';
export { ROUNDS_MAX } from './run/settle.js';
export { DERIVED_WRITES_MAX, WRITES_MAX } from './state/state.js';
export type { ValueLogic } from './logic/value-logic.js';
