/** A line chart over time, drawn by uPlot, in the colors of the theme and the size of its box. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { type ColorName, color, useTheme } from './theme.js';

export interface ChartSeries {
  label: string;
  color: ColorName;
  /** Pairs of Unix milliseconds and a value, oldest first. */
  points: readonly (readonly [timeMs: number, value: number])[];
}

/** All but the series should be constants: a change of them makes the plot anew. */
export interface ChartProps {
  series: readonly ChartSeries[];
  format: (value: number) => string;
  /** Fixed ends of the value axis; without them it fits the data. */
  range?: readonly [low: number, high: number];
  /** Whether the fitted axis starts at zero, as an amount should. */
  fromZero?: boolean;
  /** The least span of a fitted axis, so that noise does not look like drama. */
  spanMin?: number;
}

const FONT = '12px system-ui, sans-serif';
const HALF_LABEL_PX = 24;
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

export function Chart({ series, format, range, fromZero = false, spanMin = 1 }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shape = series.map((one) => `${one.label}:${one.color}`).join('|');
  const theme = useTheme();

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(options(shape, { format, range, fromZero, spanMin }), [[]], element);
    plot.current = made;
    const observer = new ResizeObserver(() => fit(made, element));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, format, range, fromZero, spanMin]);

  useEffect(() => {
    plot.current?.setData(table(series));
  }, [series]);

  useEffect(() => {
    // The theme is read from the style sheet while drawing.
    if (theme) plot.current?.redraw(false, true);
  }, [theme]);

  return <div className="chart" ref={box} aria-hidden="true" />;
}

function fit(plot: uPlot, element: HTMLElement): void {
  plot.setSize({ width: element.clientWidth, height: element.clientHeight });
}

/** The rows of all series on one time axis. */
function table(series: readonly ChartSeries[]): uPlot.AlignedData {
  const tables = series.map(
    ({ points }): uPlot.AlignedData => [
      points.map(([timeMs]) => timeMs / 1000),
      points.map(([, value]) => value),
    ],
  );
  const [only] = tables;
  return tables.length === 1 && only ? only : uPlot.join(tables);
}

interface AxisOptions {
  format: (value: number) => string;
  range: readonly [low: number, high: number] | undefined;
  fromZero: boolean;
  spanMin: number;
}

function options(shape: string, axisOptions: AxisOptions): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: () => color('muted'),
    font: FONT,
    grid: { stroke: () => color('line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: 10,
    height: 10,
    padding: [8, 6, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      y: { range: (_plot, low, high) => limits(low, high, axisOptions) },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 96,
        size: 26,
        values: (plot, ticks) =>
          ticks.map((seconds) => (fits(plot, seconds) ? CLOCK.format(seconds * 1000) : null)),
      },
      { ...axis, size: 56, space: 42, values: (_plot, ticks) => ticks.map(axisOptions.format) },
    ],
    series: [{}, ...shape.split('|').map((one) => line(one, axisOptions))],
  };
}

/** Whether the label of a time has room before the right end of the plot, which would cut it. */
function fits(plot: uPlot, seconds: number): boolean {
  return plot.valToPos(seconds, 'x') < plot.bbox.width / devicePixelRatio - HALF_LABEL_PX;
}

function line(described: string, { range, fromZero }: AxisOptions): uPlot.Series {
  const [label = '', name = 'blue'] = described.split(':');
  return {
    label,
    width: 2,
    spanGaps: true,
    points: { show: false },
    stroke: () => color(name as ColorName),
    // An area says how much there is, which is true only above a zero. The digits are its opacity.
    ...((range || fromZero) && { fill: () => `${color(name as ColorName)}1c` }),
  };
}

function limits(
  low: number | null,
  high: number | null,
  axisOptions: AxisOptions,
): [number, number] {
  const { range, fromZero, spanMin } = axisOptions;
  if (range) return [range[0], range[1]];
  const [bottom, top] = [low ?? 0, high ?? spanMin];
  if (fromZero) return [0, Math.max(top, spanMin) * 1.08];
  const missing = Math.max(0, spanMin - (top - bottom)) / 2;
  const margin = Math.max(top - bottom, spanMin) * 0.08;
  return [bottom - missing - margin, top + missing + margin];
}
