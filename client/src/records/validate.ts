/** Checks JSON text, alone or against a contract, without a record of the application. */
import { Core } from './core.js';
import { AimDbError, badOption, fromEngine } from '../errors.js';
import { BUFFER_LATEST, OFFLINE_BY_BUFFER, TRUTH_LOCAL, WRITE_REFUSED } from '../numbers.js';
import { engineGlue } from '../loading/load.js';
import { frozenJson } from '../plain.js';

export type Validated =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: AimDbError };

/** Whether it is JSON. */
export function validate(text: string): Validated;
/** Whether it is a value of the contract; the value is then as a record would give it. Needs `init`. */
export function validate(schema: string, text: string): Validated;
export function validate(first: string, second?: string): Validated {
  const text = second ?? first;
  if (typeof first !== 'string' || typeof text !== 'string') {
    return { ok: false, error: badOption('validate takes JSON text, or a contract and JSON text') };
  }
  let value: unknown;
  try {
    value = frozenJson(text);
  } catch (cause) {
    const message = `the text is no JSON: ${(cause as Error).message}`;
    return { ok: false, error: new AimDbError('JSON_INVALID', message, { cause }) };
  }
  return second === undefined ? { ok: true, value } : check(first, value);
}

/** One database for all checks, with a record per contract, made when the first is asked for. */
let checks: Core | null = null;
const records = new Map<string, number>();

function check(schema: string, value: unknown): Validated {
  checks ??= new Core(false);
  const engine = checks.open();
  try {
    let id = records.get(schema);
    if (id === undefined) {
      const { RecordOptions } = engineGlue();
      const options = new RecordOptions(undefined, OFFLINE_BY_BUFFER, false, TRUTH_LOCAL);
      id = engine.configure(schema, schema, BUFFER_LATEST, options);
      records.set(schema, id);
    }
    if (engine.writeValue(id, value, false) === WRITE_REFUSED)
      return { ok: false, error: checks.refusal(engine) };
    return {
      ok: true,
      value: (frozenJson(engine.pastJson(id, Number.POSITIVE_INFINITY, 1)) as unknown[])[0],
    };
  } catch (failure) {
    return { ok: false, error: fromEngine(failure) };
  }
}
