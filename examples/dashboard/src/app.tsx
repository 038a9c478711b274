/** The wall: what stands where. */
import { useAimDb } from '@aimdb/react';
import { useMemo, useSyncExternalStore } from 'react';
import { everySecond } from './clock.js';
import { ConnectionBadge, ConnectionBanner } from './connection.js';
import { fixed } from './format.js';
import { Disk, Memory, Network, Processor } from './panels/host.js';
import { Position } from './panels/position.js';
import { SetpointPanel } from './panels/setpoint.js';
import { Weather } from './panels/weather.js';
import { toggleTheme, useTheme } from './theme.js';

export function App() {
  return (
    <div className="wall">
      <header className="top">
        <h1>
          AimDB <span>live from the server's own machine</span>
        </h1>
        <UpdateRate />
        <ConnectionBadge />
        <ThemeButton />
      </header>
      <ConnectionBanner />
      <main className="grid">
        <Processor />
        <Memory />
        <Network />
        <Disk />
        <Weather />
        <Position />
        <SetpointPanel />
      </main>
    </div>
  );
}

/** Values that this tab's engine took in the last second. */
function UpdateRate() {
  const db = useAimDb();
  const store = useMemo(() => {
    let total: number | null = null;
    let rate = 0;
    const count = () => db?.keys().reduce((sum, key) => sum + db.version(key), 0) ?? 0;
    const subscribe = (listener: () => void) =>
      everySecond(() => {
        const now = count();
        rate = total === null ? 0 : now - total;
        total = now;
        listener();
      });
    return { subscribe, get: () => rate };
  }, [db]);
  const rate = useSyncExternalStore(store.subscribe, store.get);
  return <span className="rate">{fixed(rate, 0)} values/s</span>;
}

function ThemeButton() {
  const theme = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      className="theme"
      onClick={toggleTheme}
      aria-label={`Use the ${other} theme`}
    >
      {theme === 'dark' ? '☀' : '☾'}
    </button>
  );
}
