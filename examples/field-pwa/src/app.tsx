/** The frame of the app: the connection above, the screen, and the way to the others. */
import { useSyncExternalStore } from 'react';
import { useApp, useOutbox } from './context.js';
import { ConnectionLine } from './parts/connection.js';
import { Icon, type IconName } from './parts/icons.js';
import { problems } from './problems.js';
import { DeviceScreen } from './screens/device.js';
import { OutboxScreen } from './screens/outbox.js';
import { PhotosScreen } from './screens/photos.js';
import { ReadingsScreen } from './screens/readings.js';
import { SiteScreen } from './screens/site.js';
import { updates } from './updates.js';

const SCREENS = [
  { id: 'site', name: 'Site', icon: 'site', show: SiteScreen },
  { id: 'readings', name: 'Readings', icon: 'reading', show: ReadingsScreen },
  { id: 'photos', name: 'Photos', icon: 'photo', show: PhotosScreen },
  { id: 'outbox', name: 'Outbox', icon: 'outbox', show: OutboxScreen },
  { id: 'device', name: 'Device', icon: 'device', show: DeviceScreen },
] as const satisfies readonly { id: string; name: string; icon: IconName; show: () => unknown }[];

function subscribeHash(listener: () => void): () => void {
  const change = () => {
    // Another screen begins at its top.
    scrollTo(0, 0);
    listener();
  };
  addEventListener('hashchange', change);
  return () => removeEventListener('hashchange', change);
}

export function App() {
  const hash = useSyncExternalStore(subscribeHash, () => location.hash.slice(1));
  const screen = SCREENS.find(({ id }) => id === hash) ?? SCREENS[0];
  const { show: Screen } = screen;
  return (
    <div className="app">
      <nav aria-label="Screens">
        {SCREENS.map(({ id, name, icon }) => (
          <a key={id} href={`#${id}`} aria-current={id === screen.id ? 'page' : undefined}>
            <Icon name={icon} />
            <span>{name}</span>
            {id === 'outbox' && <Count />}
          </a>
        ))}
      </nav>
      <header className="top">
        <ConnectionLine />
      </header>
      <main key={screen.id}>
        <UpdateStrip />
        <MemoryStrip />
        <ProblemStrip />
        <Screen />
      </main>
    </div>
  );
}

/** How many writes are not where they should be. */
function Count() {
  const { waiting, letters } = useOutbox();
  const count = waiting.length + letters.length;
  if (count === 0) return null;
  return (
    <i className="count" data-tone={letters.length > 0 ? 'bad' : 'wait'}>
      {count > 99 ? '99+' : count}
    </i>
  );
}

/** Nothing outlives the tab: that must be known before something is entered. */
function MemoryStrip() {
  const { storage } = useApp().session;
  if (storage.kind !== 'memory') return null;
  return (
    <p className="strip bad" role="alert">
      This browser keeps nothing for this app. What has not been delivered is lost when it closes.
    </p>
  );
}

function ProblemStrip() {
  const problem = useSyncExternalStore(problems.subscribe, problems.get);
  if (problem === null) return null;
  return (
    <div className="strip bad" role="alert">
      <span>{problem}</span>
      <button type="button" className="ghost" onClick={problems.dismiss}>
        OK
      </button>
    </div>
  );
}

function UpdateStrip() {
  const installed = useSyncExternalStore(updates.subscribe, updates.get);
  if (installed !== 'update') return null;
  return (
    <div className="strip" role="status">
      <span>A new version of this app is ready.</span>
      <button type="button" className="second" onClick={() => updates.apply()}>
        Use it
      </button>
    </div>
  );
}
