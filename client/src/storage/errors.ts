/** The errors of the storage, and what a browser's error means. */
import { AimDbError, wordsOf } from '../errors.js';

/** There is no room; nothing that is stored was touched. */
export function full(
  reason: 'quota' | 'entries' | 'bytes' | 'waiting',
  cause?: unknown,
): AimDbError {
  const words = {
    quota: 'the browser gives no more room: free some on the device, or ask for persist()',
    entries: 'the outbox holds as many entries as it may: connect, so that they can be sent',
    bytes: 'the outbox holds as many bytes as it may: connect, so that they can be sent',
    waiting: 'too many operations wait for the disk: wait for commit()',
  };
  return new AimDbError('STORAGE_FULL', words[reason], { reason, cause });
}

export function failed(cause: unknown): AimDbError {
  return new AimDbError('STORAGE_FAILED', `the storage failed: ${wordsOf(cause)}`, { cause });
}

export function unavailable(cause: unknown): AimDbError {
  return new AimDbError(
    'STORAGE_UNAVAILABLE',
    `nothing can be kept on this device: ${wordsOf(cause)}`,
    { cause },
  );
}

export function tooNew(found: number, known: number): AimDbError {
  return new AimDbError(
    'STORAGE_TOO_NEW',
    `the storage has layout ${found}, and this build knows ${known}: load the newer application`,
  );
}

export function closed(): AimDbError {
  return new AimDbError('STORAGE_CLOSED', 'this storage was closed: open it again');
}

export function takenOver(): AimDbError {
  const message =
    'another tab sends the writes of this device now: use that one, or load this page anew';
  return new AimDbError('STORAGE_TAKEN_OVER', message);
}

export function deleted(): AimDbError {
  const message =
    'the data of this site was deleted: what waits is still sent, but nothing new is kept until this page is loaded anew';
  return new AimDbError('STORAGE_DELETED', message);
}

export function tooLarge(about: string, bytesMax: number): AimDbError {
  return new AimDbError('STORAGE_TOO_LARGE', `${about} has more than ${bytesMax} bytes: split it`);
}

/** Whether a browser's error says that there is no room. Firefox had a name of its own for it. */
export function isQuota(thrown: unknown): boolean {
  const name = nameOf(thrown);
  return name === 'QuotaExceededError' || name === 'NS_ERROR_DOM_QUOTA_REACHED';
}

/** Whether it is about what was asked for, and would be the same over another connection. */
export function isAsked(thrown: unknown): boolean {
  return ['DataError', 'DataCloneError', 'TypeError', 'RangeError'].includes(nameOf(thrown));
}

export function nameOf(thrown: unknown): string {
  return thrown instanceof Error || thrown instanceof DOMException ? thrown.name : '';
}
