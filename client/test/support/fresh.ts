/** No test of this package runs over a build of other sources than those that are here. */
import { needFresh } from '../../../scripts/built-from.mjs';

export default function setup(): void {
  needFresh(['wasm', '@aimdb/wasm', '@aimdb/pipeline-twin']);
}
