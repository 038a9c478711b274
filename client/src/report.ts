/** Where an error goes that nobody takes: nothing is swallowed, and nothing is thrown into who did not cause it. */

/** Hands what was thrown to where uncaught errors go on this platform. */
export function toPlatform(thrown: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(thrown);
  else console.error(thrown);
}
