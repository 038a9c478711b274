/** How fresh a value is, said beside it. */
import type { Freshness } from '@aimdb/wasm';
import { type MeasureKey, useFreshness, useRecord } from '../records.js';
import { clockTime } from './format.js';

export function FreshChip({ of }: { of: MeasureKey }) {
  const freshness = useFreshness(of);
  const measured = useRecord(of, ({ timestamp }) => timestamp);
  const [tone, word] = said(freshness, measured);
  return (
    <span className="fresh" data-tone={tone}>
      <i aria-hidden="true" />
      {word}
    </span>
  );
}

/** `measured`: when the value was, by its own time. */
function said(
  freshness: Freshness,
  measured: number | null,
): readonly ['good' | 'wait' | 'quiet', string] {
  if (freshness === 'fresh') return ['good', 'Live'];
  if (freshness === 'stale') return ['wait', 'Not confirmed yet'];
  if (freshness === 'local') return ['quiet', 'No server'];
  if (measured === null) return ['quiet', 'No value yet'];
  if (freshness === 'restored') return ['wait', `Kept, as of ${clockTime(measured)}`];
  if ('gap' in freshness) return ['wait', `Live, ${freshness.gap} missed`];
  return ['wait', `As of ${clockTime(measured)}`];
}
