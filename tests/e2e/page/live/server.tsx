/** The same page as a server renders it. */
import { StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { App } from './app.js';

export function renderPage(): string {
  return renderToString(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
