/** Who holds this device; kept beside it, since it is no record. */
import { useSyncExternalStore } from 'react';
import { Listeners } from '../listeners.js';

const KEY = 'field:name';
const listeners = new Listeners();

export function technician(): string {
  return localStorage.getItem(KEY) ?? '';
}

export function setTechnician(name: string): void {
  localStorage.setItem(KEY, name.slice(0, 40));
  listeners.tell();
}

export function useTechnician(): string {
  return useSyncExternalStore(listeners.add, technician);
}
