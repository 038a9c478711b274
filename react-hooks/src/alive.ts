/** What is left of a database that was freed while components look at it: nothing, and nobody is told. */
import { AimDbError } from '@aimdb/wasm';

/**
 * What `look` finds, or `otherwise` once the database was freed. A component below a hidden Activity keeps the one that it had
 * until it is shown again; it must not fail before its provider gives it another.
 */
export function whileAlive<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof AimDbError && error.code === 'FREED') return otherwise;
    throw error;
  }
}

export const unsubscribed = (): void => {};
