/** The weather stations. */
import { useRecord } from '@aimdb/react';
import type { Humidity, Temperature } from '@aimdb/wasm';
import { useMemo } from 'react';
import { Chart } from '../chart.js';
import { fixed } from '../format.js';
import { Fact, Panel } from '../panel.js';
import { usePoints } from './host.js';

const degrees = (value: number) => `${fixed(value, 1)}°`;
const temperaturePoint = (value: Readonly<Temperature>) =>
  [value.timestamp, value.celsius] as const;
const celsiusOf = (value: Readonly<Temperature>) => value.celsius;
const percentOf = (value: Readonly<Humidity>) => value.percent;

export function Weather() {
  const vienna = useRecord('sensors.temperature.vienna', celsiusOf);
  const berlin = useRecord('sensors.temperature.berlin', celsiusOf);
  const humidity = useRecord('sensors.humidity.vienna', percentOf);
  const ofVienna = usePoints('sensors.temperature.vienna', temperaturePoint);
  const ofBerlin = usePoints('sensors.temperature.berlin', temperaturePoint);
  const series = useMemo(
    () =>
      [
        { label: 'Vienna', color: 'rose', points: ofVienna },
        { label: 'Berlin', color: 'blue', points: ofBerlin },
      ] as const,
    [ofVienna, ofBerlin],
  );
  return (
    <Panel title="Weather stations" area="weather" follows="sensors.temperature.vienna">
      <div className="stations">
        <Station name="Vienna" swatch="rose" celsius={vienna} />
        <Station name="Berlin" swatch="blue" celsius={berlin} />
        <dl className="facts facts-end">
          <Fact label="humidity, Vienna">
            {humidity === null ? '–' : `${fixed(humidity, 1)} %`}
          </Fact>
        </dl>
      </div>
      <Chart series={series} format={degrees} spanMin={2} />
    </Panel>
  );
}

function Station(props: { name: string; swatch: string; celsius: number | null }) {
  return (
    <div className="station">
      <p className="station-name">
        <i className={`swatch swatch-${props.swatch}`} aria-hidden="true" />
        {props.name}
      </p>
      <p className="big">
        <span className="number">{props.celsius === null ? '–' : fixed(props.celsius, 1)}</span>{' '}
        <span className="unit">°C</span>
      </p>
    </div>
  );
}
