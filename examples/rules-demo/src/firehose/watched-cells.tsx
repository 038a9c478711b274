/** Forty of the fields as components: each subscribes to its own path, and renders when that one changed. */
import { memo, useEffect } from 'react';
import { type CellPath, WATCHED_PATHS } from './field.js';
import { useStore } from './hooks.js';
import type { Meter } from './meter.js';
import { colorOf } from './palette.js';

/** Does not render when the figures beside it do. */
export const WatchedCells = memo(function WatchedCells({ meter }: { meter: Meter }) {
  return (
    <ul className="cells" aria-label="Watched cells">
      {WATCHED_PATHS.map((path) => (
        <WatchedCell key={path} path={path} meter={meter} />
      ))}
    </ul>
  );
});

function WatchedCell({ path, meter }: { path: CellPath; meter: Meter }) {
  const [degrees] = useStore(path);
  // After every render, so without dependencies.
  useEffect(() => meter.countRender());
  return (
    <li title={path} style={{ borderColor: `rgb(${colorOf(degrees ?? 0).join(' ')})` }}>
      {degrees}
    </li>
  );
}
