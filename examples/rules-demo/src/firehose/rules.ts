/** The rules that every frame of the feed goes through. */
import type { StoreRules } from '@aimdb/wasm/store';
import { ALARM_ABOVE, CORNER_PATHS, CORNERS, PROBE_PATHS, WATCHED_PATHS } from './field.js';

export const FIREHOSE_RULES: StoreRules = {
  sync: CORNERS.map((corner) => [CORNER_PATHS[corner], `corners.${corner}`]),
  aggregations: PROBE_PATHS.map((path) => ['commonProbe', path]),
  concerns: Object.fromEntries(
    WATCHED_PATHS.map((path) => [path, { isAlarm: { GT: [path, ALARM_ABOVE] } }]),
  ),
};
