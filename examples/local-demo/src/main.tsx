/** The whole engine in one tab, without any server. */
import { AimDbProvider } from '@aimdb/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles.css';
import { Buffers } from './buffers.js';
import { OPTIONS } from './records.js';
import { Refusals } from './refusals.js';

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <main>
        <h1>AimDB without a server</h1>
        <p>
          Records, contracts and buffers run in this tab. Once the page is loaded you may turn the
          network off.
        </p>
        <AimDbProvider options={OPTIONS} fallback={<p>Starting the engine</p>}>
          <Buffers />
          <Refusals />
        </AimDbProvider>
      </main>
    </StrictMode>,
  );
}
