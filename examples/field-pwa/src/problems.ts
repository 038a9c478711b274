/** What went wrong and belongs to no entry: said above every screen until somebody has read it. */
import type { AimDbError } from '@aimdb/wasm';
import type { StorageNotice } from '@aimdb/wasm/storage';
import { Listeners } from './listeners.js';

const listeners = new Listeners();
let problem: string | null = null;

function become(next: string | null): void {
  problem = next;
  listeners.tell();
}

/** The connection's own line says these. */
const KNOWN: readonly string[] = ['CONNECT_FAILED', 'DISCONNECTED'];

export const problems = {
  subscribe: listeners.add,
  get: (): string | null => problem,
  dismiss: (): void => become(null),
  /** Hears what nobody waits for. */
  start(): void {
    addEventListener('unhandledrejection', ({ reason }) => {
      become(reason instanceof Error ? reason.message : String(reason));
    });
  },
  error({ code, message }: AimDbError): void {
    if (!KNOWN.includes(code)) become(message);
  },
  notice(notice: StorageNotice): void {
    if (notice.kind === 'full' && notice.what === 'outbox') {
      become(`This device has no room for more entries: ${notice.error.message}`);
    }
    if (notice.kind === 'wiped') {
      become(`This device has lost ${notice.what.join(', ')}: its database was ${notice.why}.`);
    }
    if (notice.kind === 'blocked') {
      become('Another tab holds an older version of this app open: close it.');
    }
  },
};
