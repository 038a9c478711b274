/** The log of changes as a list. */
import { useSyncExternalStore } from 'react';
import type { ChangeLog } from './change-log.js';

export function ChangeList({ log, label }: { log: ChangeLog; label: string }) {
  const entries = useSyncExternalStore(log.subscribe, log.getEntries);
  return (
    <article className="card" aria-label={label}>
      <h3>What happened</h3>
      <p>The newest change first, and the rules that it came through.</p>
      {entries.length === 0 && <p>Nothing yet.</p>}
      {/* A list that scrolls has to be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <ol className="changes" tabIndex={0} aria-label="Changes">
        {entries.map(({ number, path, value, rules }) => (
          <li key={number}>
            <code>
              {path} = {value}
            </code>
            {rules.map((rule) => (
              <span key={rule} className="chip">
                {rule}
              </span>
            ))}
          </li>
        ))}
      </ol>
    </article>
  );
}
