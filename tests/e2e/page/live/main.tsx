/** Renders the page, or takes over what a server has rendered. */
import { StrictMode } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { App } from './app.js';

declare global {
  /** What the server had rendered, as it was before the browser took over. */
  var rendered: { html: string; node: Element | null };
}

const page = (
  <StrictMode>
    <App />
  </StrictMode>
);
const root = document.getElementById('root') as HTMLElement;
globalThis.rendered = { html: root.innerHTML, node: root.firstElementChild };
if (root.firstElementChild) hydrateRoot(root, page);
else createRoot(root).render(page);
