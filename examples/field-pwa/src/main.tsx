/** Starts the app: what the device keeps, the engine, and the server beside the page, which may not be there. */
import { StrictMode, useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/base.css';
import './styles/frame.css';
import './styles/parts.css';
import './styles/screens.css';
import { App } from './app.js';
import { AppContext, type App as Everything } from './context.js';
import { install } from './install.js';
import { Past } from './past.js';
import { problems } from './problems.js';
import { AimDbProvider, type Photo, type Reading } from './records.js';
import { Session } from './session.js';
import { updates } from './updates.js';

/** Beside the folder that the app is served from. */
const url =
  new URLSearchParams(location.search).get('server') ?? new URL('../ws', location.href).href;

function Root({ app }: { app: Everything }) {
  const { session } = app;
  const linked = useSyncExternalStore(session.subscribe, session.linked);
  return (
    <AppContext value={app}>
      <AimDbProvider db={session.db} bridge={linked?.bridge ?? null}>
        <App />
      </AimDbProvider>
    </AppContext>
  );
}

async function start(root: HTMLElement): Promise<void> {
  const session = await Session.start(url);
  const readings = new Past<Reading>(session, 'field.readings', 30);
  const photos = new Past<Photo>(session, 'field.photos', 12);
  createRoot(root).render(
    <StrictMode>
      <Root app={{ session, readings, photos }} />
    </StrictMode>,
  );
}

const root = document.getElementById('root');
if (root) {
  problems.start();
  install.start();
  void updates.start();
  start(root).catch((error: unknown) => {
    root.textContent = `The app cannot start: ${error instanceof Error ? error.message : error}`;
  });
}
