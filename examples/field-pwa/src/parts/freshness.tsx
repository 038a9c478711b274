/** How fresh a value is, said beside it. */
import type { Freshness } from '@aimdb/wasm';
import { type Key, useFreshness } from '../records.js';
import { clockTime } from './format.js';

export function FreshChip({ of }: { of: Key }) {
  const freshness = useFreshness(of);
  const [tone, word] = said(freshness);
  return (
    <span className="fresh" data-tone={tone}>
      <i aria-hidden="true" />
      {word}
    </span>
  );
}

function said(freshness: Freshness): readonly ['good' | 'wait' | 'quiet', string] {
  if (freshness === 'fresh') return ['good', 'Live'];
  if (freshness === 'stale') return ['wait', 'Not confirmed yet'];
  if (freshness === 'restored') return ['wait', 'From this device'];
  if (freshness === 'local') return ['quiet', 'No server'];
  if ('gap' in freshness) return ['wait', `Live, ${freshness.gap} missed`];
  return ['wait', `As of ${clockTime(freshness.offlineSince)}`];
}
