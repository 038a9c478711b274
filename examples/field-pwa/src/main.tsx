/** Starts the app: what the device keeps, the engine, and the server beside the page, which may not be there. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/base.css';
import './styles/frame.css';
import './styles/parts.css';
import './styles/screens.css';
import { App } from './app.js';
import { AppContext } from './context.js';
import { install } from './install.js';
import { Past } from './past.js';
import { problems } from './problems.js';
import { AimDbProvider, type Photo, type Reading } from './records.js';
import { Session } from './session.js';
import { updates } from './updates.js';

/** Beside the folder that the app is served from. */
const url =
  new URLSearchParams(location.search).get('server') ?? new URL('../ws', location.href).href;

async function start(root: HTMLElement): Promise<void> {
  const session = await Session.start(url);
  const [readings, photos] = await Promise.all([
    Past.open<Reading>(session, 'field.readings', 30),
    Past.open<Photo>(session, 'field.photos', 12),
  ]);
  createRoot(root).render(
    <StrictMode>
      <AppContext value={{ session, readings, photos }}>
        <AimDbProvider db={session.db} bridge={session.bridge}>
          <App />
        </AimDbProvider>
      </AppContext>
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
