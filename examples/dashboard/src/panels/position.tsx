/** Where the van is and which way it came: a drawn track to scale, north up, without map tiles. */
import { useRecord, useRecordHistory } from '@aimdb/react';
import type { GpsLocation } from '@aimdb/wasm';
import { useMemo } from 'react';
import { fixed } from '../format.js';
import { Fact, Panel } from '../panel.js';
import { HISTORY_LENGTH } from '../records.js';

/** Size of the drawing, in its own units. */
const WIDTH = 400;
const HEIGHT = 240;
const MARGIN = 26;
const METERS_PER_DEGREE = 111_320;
/** A van that stands still still gets a view of this width. */
const VIEW_METERS_MIN = 200;
/** The track fades in this many steps, oldest first. */
const FADE_STEPS = 4;

interface View {
  x: (location: GpsLocation) => number;
  y: (location: GpsLocation) => number;
  unitsPerMeter: number;
}

export function Position() {
  const van = useRecord('assets.gps.van1');
  const track = useRecordHistory('assets.gps.van1', HISTORY_LENGTH);
  const view = useMemo(() => viewOf(track), [track]);
  return (
    <Panel title="Van 1" area="position" follows="assets.gps.van1">
      <div className="map">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label="Track of van 1">
          {view && <Track track={track} view={view} />}
          {view && <Scale view={view} />}
        </svg>
      </div>
      <dl className="facts">
        <Fact label="latitude">{van ? `${fixed(van.latitude, 4)}°` : '–'}</Fact>
        <Fact label="longitude">{van ? `${fixed(van.longitude, 4)}°` : '–'}</Fact>
        {van?.altitude != null && <Fact label="altitude">{fixed(van.altitude, 0)} m</Fact>}
      </dl>
    </Panel>
  );
}

/** The projection that shows the whole track: plane, which is exact enough for a few kilometers. */
function viewOf(track: readonly GpsLocation[]): View | null {
  const [first] = track;
  if (!first) return null;
  const latitudes = track.map((location) => location.latitude);
  const longitudes = track.map((location) => location.longitude);
  const [south, north] = [Math.min(...latitudes), Math.max(...latitudes)];
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)];
  const middle = { latitude: (south + north) / 2, longitude: (west + east) / 2 };
  const metersPerLongitude = METERS_PER_DEGREE * Math.cos((middle.latitude * Math.PI) / 180);
  const width = Math.max((east - west) * metersPerLongitude, VIEW_METERS_MIN);
  const height = Math.max((north - south) * METERS_PER_DEGREE, VIEW_METERS_MIN);
  const unitsPerMeter = Math.min((WIDTH - 2 * MARGIN) / width, (HEIGHT - 2 * MARGIN) / height);
  return {
    unitsPerMeter,
    x: (at) => WIDTH / 2 + (at.longitude - middle.longitude) * metersPerLongitude * unitsPerMeter,
    y: (at) => HEIGHT / 2 - (at.latitude - middle.latitude) * METERS_PER_DEGREE * unitsPerMeter,
  };
}

function Track({ track, view }: { track: readonly GpsLocation[]; view: View }) {
  const last = track.at(-1);
  const length = Math.ceil(track.length / FADE_STEPS);
  const pieces = Array.from({ length: FADE_STEPS }, (_, step) =>
    // One point of overlap, so that the pieces join.
    track.slice(Math.max(0, step * length - 1), (step + 1) * length),
  );
  return (
    <g>
      {pieces.map((piece, step) => (
        <polyline
          // biome-ignore lint/suspicious/noArrayIndexKey: the steps are the identity here
          key={step}
          className="map-track"
          opacity={(step + 1) / FADE_STEPS}
          points={piece.map((at) => `${view.x(at).toFixed(1)},${view.y(at).toFixed(1)}`).join(' ')}
        />
      ))}
      {last && (
        <g transform={`translate(${view.x(last).toFixed(1)} ${view.y(last).toFixed(1)})`}>
          <circle className="map-halo" r={11} />
          <circle className="map-van" r={5.5} />
        </g>
      )}
    </g>
  );
}

const ROUND_METERS = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];

function Scale({ view }: { view: View }) {
  const fits = ROUND_METERS.filter((meters) => meters * view.unitsPerMeter <= 110);
  const meters = fits.at(-1) ?? 20;
  const length = meters * view.unitsPerMeter;
  const label = meters >= 1000 ? `${meters / 1000} km` : `${meters} m`;
  return (
    <g className="map-scale" transform={`translate(12 ${HEIGHT - 12})`}>
      <path d={`M0 -5V0H${length.toFixed(1)}V-5`} />
      <text x={length + 8}>{label}</text>
      <text x={WIDTH - 36} y={-(HEIGHT - 34)}>
        N ↑
      </text>
    </g>
  );
}
