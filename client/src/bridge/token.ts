/**
 * The application's tokens for a server that asks for them.
 *
 * Guarantees: a token stands in no error and in no address; of a giver that fails it is told each time that it was asked.
 * Does not: decide when to ask; the session in the engine does.
 */
import { AimDbError } from '../errors.js';
import type { BridgeOptions } from '../types.js';

/** As the protocol has it: visible ASCII, so that it can stand in a header elsewhere. */
const TOKEN = /^[!-~]{1,8192}$/;
const EXPECTED = 'a token is 1 to 8192 visible ASCII characters';

type Source = Exclude<BridgeOptions['token'], undefined>;

/** What is wrong with the option; nothing where it can be used. */
export function tokenFlaw(source: unknown): string | undefined {
  if (typeof source === 'function') return undefined;
  const isToken = typeof source === 'string' && TOKEN.test(source);
  return isToken ? undefined : `token: ${EXPECTED}, or a function that gives one`;
}

/** Gets a token and hands it on, or nothing; called in the middle of the engine's work, so it does all that later. */
export function tokenGiver(
  source: Source,
  give: (token?: string) => void,
  report: (error: AimDbError) => void,
): () => void {
  let asked = 0;
  return () => {
    asked += 1;
    const turn = asked;
    const fail = (why: string, cause?: unknown) => {
      // Who has been asked again meanwhile fails then, or not.
      if (turn !== asked) return;
      const message = `there is no token for the server: ${why}`;
      report(new AimDbError('TOKEN_FAILED', message, { cause }));
      give();
    };
    Promise.resolve()
      .then(() => (typeof source === 'function' ? source() : source))
      .then(
        (token: unknown) => {
          if (typeof token === 'string' && TOKEN.test(token)) give(token);
          else fail(`what was given is none; ${EXPECTED}`);
        },
        (cause: unknown) => fail('what was to give one failed', cause),
      );
  };
}
