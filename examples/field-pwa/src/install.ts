/** The browser's offer to install the app, kept until somebody takes it. */
import { Listeners } from './listeners.js';

/** What browsers that can install give; no standard names it yet. */
interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}

const listeners = new Listeners();
let offer: InstallOffer | null = null;

function become(next: InstallOffer | null): void {
  offer = next;
  listeners.tell();
}

export const install = {
  subscribe: listeners.add,
  canBe: (): boolean => offer !== null,
  /** Listens from before the app is shown, since the offer comes once. */
  start(): void {
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      become(event as InstallOffer);
    });
    addEventListener('appinstalled', () => become(null));
  },
  async ask(): Promise<void> {
    const taken = offer;
    become(null);
    await taken?.prompt();
  },
};
