/** Starts the dashboard: the engine in this tab, mirrored from the server beside the page. */
import { AimDbProvider } from '@aimdb/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import 'uplot/dist/uPlot.min.css';
import './styles.css';
import { App } from './app.js';
import { OPTIONS } from './records.js';
import { startTheme } from './theme.js';

startTheme();
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <AimDbProvider options={OPTIONS} fallback={<p className="starting">Starting the engine</p>}>
        <App />
      </AimDbProvider>
    </StrictMode>,
  );
}
