/**
 * The service worker: keeps the files of one build, so that the app starts without a network.
 *
 * Guarantees: an app is of one version, never of parts of two; a new version waits until it is asked for. Does not: touch
 * what is no file of the build, so the socket and all answers of the server go past it.
 */
export {};
declare const self: ServiceWorkerGlobalScope;

/** Both are put in by the build. */
const FILES = '__FILES__' as unknown as readonly string[];
const VERSION = '__VERSION__';

const PREFIX = 'field-';
const CACHE = `${PREFIX}${VERSION}`;
const scope = self.registration.scope;
const kept = new Set(FILES.map((file) => new URL(file, scope).href));

self.addEventListener('install', (event) => event.waitUntil(keep()));
self.addEventListener('activate', (event) => event.waitUntil(begin()));
self.addEventListener('fetch', (event) => {
  const url = addressOf(event.request);
  if (url !== null) event.respondWith(answer(event.request, url));
});
self.addEventListener('message', (event) => {
  if (event.data === 'apply') void self.skipWaiting();
  if (event.data === 'version') event.ports[0]?.postMessage(VERSION);
});

/** All files or none: one that cannot be had fails the installation, and the next look tries again. */
async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache, which may have the file of an older build under the same name.
  await cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' })));
}

async function begin(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** Under which address this build has an answer; null where the network has to give it. */
function addressOf(request: Request): string | null {
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return null;
  if (request.mode === 'navigate') return scope;
  const url = new URL(request.url);
  url.search = '';
  url.hash = '';
  return kept.has(url.href) ? url.href : null;
}

async function answer(request: Request, url: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  // The browser may have thrown the cache away: then the network is better than nothing.
  return (await cache.match(url)) ?? fetch(request);
}
