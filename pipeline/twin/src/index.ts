/**
 * The rule pipeline in plain TypeScript: the same algorithm as the engine in Rust, written a second time.
 *
 * It is the oracle of property tests, the fallback where WebAssembly is not allowed and the opponent in benchmarks:
 * clear first, fast second. It promises what the engine promises, and holds no state outside its objects but a cache.
 */
export { LINEAGE } from './batch.js';
export type { ClearRule } from './clear.js';
export type { Operation } from './computation.js';
export {
  Engine,
  type EngineOptions,
  LISTENER_DEPTH_MAX,
  type Origin,
  type UserChange,
} from './engine.js';
export { type ErrorCode, PipelineError } from './error.js';
export type { ListenerCall } from './listeners.js';
export { type BoolLogic, LOGIC_DEPTH_MAX } from './logic.js';
export { SEGMENTS_MAX } from './paths.js';
export type { Report, ReportedChange } from './report.js';
export type { PathPair, Registered, Rules } from './rules.js';
export { ROUNDS_MAX } from './settle.js';
export { DERIVED_WRITES_MAX, WRITES_MAX } from './state.js';
export type { ValueLogic } from './value-logic.js';
