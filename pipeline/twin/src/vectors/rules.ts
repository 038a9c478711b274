/** Registrations as vector files write them. */
import type { ClearRule } from '../stages/clear.js';
import type { BoolLogic } from '../logic/logic.js';
import type { PathPair, Rules } from '../run/rules.js';

/** An entry of `sideEffects`. */
export interface SideEffects {
  readonly id?: string;
  readonly sync?: readonly PathPair[];
  readonly directedSync?: readonly PathPair[];
  readonly flip?: readonly PathPair[];
  readonly aggregations?: Rules['aggregations'];
  readonly computations?: Rules['computations'];
  readonly clearPaths?: readonly ClearRule[];
  readonly listeners?: Rules['listeners'];
  readonly anchor?: string;
}

/** An entry of `concerns`: each rule behind the path it has its name from. */
export interface ConcernEntry {
  readonly id?: string;
  readonly bool?: readonly (readonly [outputPath: string, logic: BoolLogic])[];
  readonly value?: readonly (readonly [outputPath: string, logic: unknown])[];
  readonly validators?: readonly (readonly [
    id: unknown,
    outputPath: string,
    dependencies: readonly string[],
  ])[];
  readonly anchor?: string;
}

/** The rules of an entry of `sideEffects`. */
export function sideEffectRules(entry: SideEffects): Rules {
  return {
    sync: entry.sync ?? [],
    oneWay: entry.directedSync ?? [],
    flip: entry.flip ?? [],
    aggregations: entry.aggregations ?? [],
    computations: entry.computations ?? [],
    clears: entry.clearPaths ?? [],
    listeners: entry.listeners ?? [],
    anchor: entry.anchor,
  };
}

/** The rules of an entry of `concerns`. */
export function concernRules(entry: ConcernEntry): Rules {
  return {
    conditions: (entry.bool ?? []).map(([, logic]) => logic),
    choices: (entry.value ?? []).map(([, logic]) => logic),
    validators: (entry.validators ?? []).map(([, , dependencies]) => dependencies),
    anchor: entry.anchor,
  };
}
