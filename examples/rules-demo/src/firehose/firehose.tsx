/** Ten thousand fields, sixty times a second: what is the same is dropped, and the rest goes through the rules. */
import { useSyncExternalStore } from 'react';
import { Controls } from './controls.js';
import { FiguresTable } from './figures.js';
import { HeatMap } from './heat-map.js';
import { StoreProvider } from './hooks.js';
import type { FirehoseModel } from './model.js';
import { RuleResults } from './rule-results.js';
import { WatchedCells } from './watched-cells.js';

export function Firehose({ firehose }: { firehose: FirehoseModel }) {
  const view = useSyncExternalStore(firehose.subscribe, firehose.getView);
  return (
    <section aria-labelledby="firehose">
      <h2 id="firehose">A firehose</h2>
      <p>
        10,000 numeric fields come in with every frame of the screen, as one typed array through a
        gateway. Only those that changed go on: with nothing changed, next to nothing is done.
      </p>
      <Controls firehose={firehose} view={view} />
      <StoreProvider store={view.run.store}>
        <div className="hose">
          <div className="card">
            <HeatMap firehose={firehose} />
            <RuleResults />
          </div>
          <div className="card">
            <FiguresTable view={view} />
            <Notes />
          </div>
          <div className="card wide">
            <h3>40 fields as components</h3>
            <WatchedCells meter={view.run.meter} />
          </div>
        </div>
      </StoreProvider>
    </section>
  );
}

function Notes() {
  return (
    <p className="note">
      Ingest is the diff, the rules and telling subscribers; React renders and the map is painted
      after it. The browser's clock has steps of about 0.1 ms: trust the average. The twin is the
      same algorithm in plain TypeScript, written to be read and not tuned. It has no door for typed
      arrays: the gateway gives it ten thousand paths with values.
    </p>
  );
}
