/** What the rules make of the feed. */
import type { ReactNode } from 'react';
import { ALARM_ABOVE, CORNERS, type Corner, WATCHED_PATHS } from './field.js';
import { useAlarmCount, useStore } from './hooks.js';

const CORNER_TITLES: { readonly [CORNER in Corner]: string } = {
  northWest: 'north-west',
  northEast: 'north-east',
  southWest: 'south-west',
  southEast: 'south-east',
};

export function RuleResults() {
  return (
    <dl className="results">
      <Alarms />
      <Probes />
      {CORNERS.map((corner) => (
        <CornerValue key={corner} corner={corner} />
      ))}
    </dl>
  );
}

function Alarms() {
  const count = useAlarmCount();
  return (
    <Result name={`above ${ALARM_ABOVE}°`} by="condition">
      <span data-testid="alarms">{count}</span> of {WATCHED_PATHS.length}
    </Result>
  );
}

function Probes() {
  const [common] = useStore('commonProbe');
  return (
    <Result name="3 probes" by="aggregation">
      <span data-testid="probes">{common === undefined ? 'differ' : `agree on ${common}°`}</span>
    </Result>
  );
}

function CornerValue({ corner }: { corner: Corner }) {
  const [degrees] = useStore(`corners.${corner}`);
  return (
    <Result name={CORNER_TITLES[corner]} by="sync">
      <span data-testid={corner}>{degrees}</span>°
    </Result>
  );
}

function Result({ name, by, children }: { name: string; by: string; children: ReactNode }) {
  return (
    <div>
      <dt>
        {name} <span className="chip">{by}</span>
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
