/** What each engine took, side by side: the one at work, and the other as it was when it was last at work. */
import { ENGINE_TITLES } from './controls.js';
import { milliseconds, percent, whole } from './format.js';
import type { Figures } from './meter.js';
import type { EngineReport, FirehoseView } from './model.js';
import { ENGINE_NAMES } from './run.js';

interface Row {
  readonly name: string;
  /** The number, or null where there is none yet. */
  read(figures: Figures): string | null;
}

const TIMES: readonly Row[] = [
  { name: 'ingest, average', read: ({ pace }) => pace && milliseconds(pace.ingestMs) },
  { name: 'ingest, 95th percentile', read: ({ pace }) => pace && milliseconds(pace.ingestMsP95) },
  { name: 'reading the state, average', read: ({ pace }) => pace && milliseconds(pace.readMs) },
  { name: 'frames a second', read: ({ pace }) => pace && whole(pace.framesPerSecond) },
  { name: 'fields a second, offered', read: ({ pace }) => pace && whole(pace.offeredPerSecond) },
  { name: 'fields a second, kept', read: ({ pace }) => pace && whole(pace.keptPerSecond) },
  { name: 'renders of cells a second', read: ({ pace }) => pace && whole(pace.rendersPerSecond) },
];

const TOTALS: readonly Row[] = [
  { name: 'frames', read: ({ frames }) => whole(frames) },
  { name: 'fields offered', read: ({ offered }) => whole(offered) },
  { name: 'fields kept', read: ({ kept }) => whole(kept) },
  {
    name: 'dropped',
    read: ({ offered, kept }) => (offered === 0 ? null : percent(1 - kept / offered)),
  },
  { name: 'renders of cells', read: ({ renders }) => whole(renders) },
];

export function FiguresTable({ view }: { view: FirehoseView }) {
  return (
    <table className="figures" aria-label="What it takes">
      <thead>
        <tr>
          <th scope="col">in a frame, and in a second</th>
          {ENGINE_NAMES.map((engine) => (
            <th key={engine} scope="col" data-active={engine === view.engine || undefined}>
              {ENGINE_TITLES[engine]}
              <small>{stateOf(view, engine)}</small>
            </th>
          ))}
        </tr>
      </thead>
      <Rows rows={TIMES} view={view} />
      <tbody>
        <tr>
          <th scope="colgroup" colSpan={3}>
            in all, since this share was chosen
          </th>
        </tr>
      </tbody>
      <Rows rows={TOTALS} view={view} />
    </table>
  );
}

function Rows({ rows, view }: { rows: readonly Row[]; view: FirehoseView }) {
  return (
    <tbody>
      {rows.map((row) => (
        <tr key={row.name}>
          <th scope="row">{row.name}</th>
          {ENGINE_NAMES.map((engine) => (
            <td key={engine} data-testid={`${engine}: ${row.name}`}>
              {read(row, view.reports[engine])}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

function read(row: Row, report: EngineReport | null): string {
  if (report === null || report.figures.frames === 0) return '–';
  return row.read(report.figures) ?? '–';
}

function stateOf({ engine, isRunning, reports }: FirehoseView, shown: typeof engine): string {
  const report = reports[shown];
  if (report === null || report.figures.frames === 0) return 'not run yet';
  if (engine === shown && isRunning) return `running at ${percent(report.share)}`;
  return `last run at ${percent(report.share)}`;
}
