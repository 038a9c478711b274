/** What this device keeps, how safe it is there, and which version of the app it runs. */
import type { StorageEstimate } from '@aimdb/wasm/storage';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { install } from '../install.js';
import { useApp, useOutbox, usePhotos, useReadings } from '../context.js';
import { bytes, plural } from '../parts/format.js';
import { Icon } from '../parts/icons.js';
import { setTechnician, useTechnician } from '../parts/name.js';
import { updates } from '../updates.js';

export function DeviceScreen() {
  return (
    <>
      <h1>This device</h1>
      <div className="columns">
        <Kept />
        <Who />
        <Version />
      </div>
    </>
  );
}

/** The storage's own figures, taken again whenever the outbox changes. */
function useEstimate(): StorageEstimate | null {
  const { storage } = useApp().session;
  const outbox = useOutbox();
  const [estimate, setEstimate] = useState<StorageEstimate | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is stored changes with the outbox
  useEffect(() => {
    let isWanted = true;
    void storage.estimate().then((found) => isWanted && setEstimate(found));
    return () => {
      isWanted = false;
    };
  }, [storage, outbox]);
  return estimate;
}

function Kept() {
  const { storage } = useApp().session;
  const estimate = useEstimate();
  const [photos, readings, { waiting, letters }] = [usePhotos(), useReadings(), useOutbox()];
  const share = estimate?.usage && estimate.quota ? estimate.usage / estimate.quota : 0;
  return (
    <section className="card" aria-label="Storage">
      <header>
        <Icon name="device" />
        <h2>Storage</h2>
      </header>
      {storage.kind === 'memory' && (
        <p className="notice bad">
          This browser keeps nothing for this app ({storage.reason?.message ?? 'no storage'}). What
          has not been sent is lost when the tab closes.
        </p>
      )}
      <div className="meter">
        <meter min={0} max={1} value={share} aria-label="Storage in use" />
        <p>
          {estimate?.usage === undefined ? '–' : bytes(estimate.usage)} used
          {estimate?.quota !== undefined && ` of about ${bytes(estimate.quota)}`}
        </p>
      </div>
      <dl>
        <dt>Waiting to be sent</dt>
        <dd>
          {plural(waiting.length, 'entry', 'entries')}, {bytes(estimate?.outboxBytes ?? 0)}
        </dd>
        <dt>Needs you</dt>
        <dd>
          {plural(letters.length, 'entry', 'entries')}, {bytes(estimate?.deadLetterBytes ?? 0)}
        </dd>
        <dt>Kept to look at</dt>
        <dd>
          {plural(readings.length, 'reading')}, {plural(photos.length, 'photo')}
        </dd>
      </dl>
      {storage.kind === 'indexeddb' && <Persist />}
    </section>
  );
}

/** Asks the browser not to clear this app when the device runs out of room. */
function Persist() {
  const { storage } = useApp().session;
  const [isKept, setIsKept] = useState<boolean | null>(null);
  const [isAsked, setIsAsked] = useState(false);
  useEffect(() => {
    void navigator.storage?.persisted?.().then(setIsKept);
  }, []);
  const ask = async () => {
    setIsKept(await storage.persist());
    setIsAsked(true);
  };
  if (isKept) {
    return (
      <p className="notice good">
        <Icon name="check" size={18} /> The browser does not clear this app by itself.
      </p>
    );
  }
  return (
    <>
      <button type="button" className="second" onClick={() => void ask()}>
        Keep this app's data
      </button>
      <p className="hint">
        {isAsked
          ? 'The browser did not agree. Installing the app usually helps.'
          : 'Without that the browser may clear it when the device runs out of room.'}
      </p>
    </>
  );
}

function Who() {
  const name = useTechnician();
  const { storage } = useApp().session;
  return (
    <section className="card form" aria-label="Who">
      <header>
        <Icon name="site" />
        <h2>Technician</h2>
      </header>
      <label className="field">
        <span>Your name, which stands beside what you set</span>
        <input
          value={name}
          maxLength={40}
          autoComplete="name"
          onChange={(event) => setTechnician(event.target.value)}
        />
      </label>
      <dl>
        <dt>Device</dt>
        <dd>
          <code>{storage.device.id.slice(0, 8)}</code>
        </dd>
      </dl>
    </section>
  );
}

function Version() {
  const installed = useSyncExternalStore(updates.subscribe, updates.get);
  const canBeInstalled = useSyncExternalStore(install.subscribe, install.canBe);
  const words = {
    ready: 'Installed: starts without a network.',
    update: 'A new version is here.',
    installing: 'Being installed for use without a network.',
    none: 'Not installed: this page needs the network to start.',
  } as const;
  return (
    <section className="card" aria-label="App">
      <header>
        <Icon name="cloud" />
        <h2>App</h2>
      </header>
      <p className={`notice ${installed === 'ready' ? 'good' : ''}`} data-installed={installed}>
        {words[installed]}
      </p>
      {canBeInstalled && (
        <button type="button" className="second" onClick={() => void install.ask()}>
          Put it on the home screen
        </button>
      )}
      {installed === 'update' && (
        <button type="button" className="first" onClick={() => updates.apply()}>
          Use the new version
        </button>
      )}
    </section>
  );
}
