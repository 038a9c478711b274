/**
 * The service worker as the page sees it: registers it, tells of a new version, and applies it when somebody asks.
 *
 * Guarantees: the page is never exchanged under somebody's hands. Does not: work where there is no secure context; the app
 * does, but then needs the network to start.
 */
import { Listeners } from './listeners.js';

/** How often an app that stays open asks for a new version. */
const LOOK_EVERY_MS = 30 * 60_000;

export type Installed =
  /** Starts without a network. */
  | 'ready'
  /** A new version waits to be applied. */
  | 'update'
  /** The files are being kept, for the first time. */
  | 'installing'
  /** There is no service worker here. */
  | 'none';

class Updates {
  readonly #listeners = new Listeners();
  #registration: ServiceWorkerRegistration | null = null;
  #state: Installed = 'none';
  #isApplying = false;

  readonly subscribe = this.#listeners.add;
  readonly get = (): Installed => this.#state;

  async start(): Promise<void> {
    const container = navigator.serviceWorker;
    if (!container || import.meta.env.DEV) return;
    this.#become('installing');
    container.addEventListener('controllerchange', () => {
      if (this.#isApplying) location.reload();
      this.#look();
    });
    try {
      const registration = await container.register('./sw.js', { updateViaCache: 'none' });
      this.#registration = registration;
      this.#follow(registration.installing);
      registration.addEventListener('updatefound', () => this.#follow(registration.installing));
      this.#look();
    } catch {
      this.#become(container.controller ? 'ready' : 'none');
    }
    const ask = () => this.#registration?.update().catch(() => {});
    setInterval(ask, LOOK_EVERY_MS);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') ask();
    });
  }

  /** Has the new version take over, and starts the page anew. */
  apply(): void {
    this.#isApplying = true;
    this.#registration?.waiting?.postMessage('apply');
  }

  #follow(worker: ServiceWorker | null): void {
    worker?.addEventListener('statechange', () => this.#look());
  }

  #look(): void {
    const hasController = navigator.serviceWorker.controller !== null;
    if (this.#registration?.waiting && hasController) this.#become('update');
    else this.#become(hasController ? 'ready' : 'installing');
  }

  #become(state: Installed): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#listeners.tell();
  }
}

export const updates = new Updates();
