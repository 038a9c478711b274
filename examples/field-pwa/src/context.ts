/** The session of this tab, for components, and what they look at of it. */
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { OutboxState } from './outbox.js';
import type { Past } from './past.js';
import type { Photo, Reading } from './records.js';
import type { Session } from './session.js';

export interface App {
  readonly session: Session;
  readonly readings: Past<Reading>;
  readonly photos: Past<Photo>;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('no app around this component');
  return app;
}

export function useOutbox(): OutboxState {
  const { outbox } = useApp().session;
  return useSyncExternalStore(outbox.subscribe, outbox.get);
}

export function useReadings(): readonly Reading[] {
  const { readings } = useApp();
  return useSyncExternalStore(readings.subscribe, readings.get);
}

export function usePhotos(): readonly Photo[] {
  const { photos } = useApp();
  return useSyncExternalStore(photos.subscribe, photos.get);
}
