/** What the native JSON door says of a value, the tab's doors say too: accepted as what, or refused where and why. */
import { type ContractViolation, WasmDb } from '@aimdb/wasm';
import { expect, inject, test } from 'vitest';
import { freshDatabases } from '../support/db.js';

freshDatabases();

/** A value, what it was accepted as or null, and the path and words of its refusal. */
type Verdict = [unknown, unknown, string | null, string | null, string | null];
interface Contract {
  seed: number;
  file: Parameters<WasmDb['registerContract']>[0];
  values: Verdict[];
}

test('made-up values fare in a tab as they do natively', () => {
  let accepted = 0;
  let refused = 0;
  for (const line of inject('doors')) {
    const { seed, file, values } = JSON.parse(line) as Contract;
    if (!isHeldByJavaScript(file)) continue;
    const db = new WasmDb();
    db.registerContract(file);
    db.configureRecord('r', { schemaType: file.name, buffer: 'SingleLatest' });
    for (const [value, taken, path, expected, got] of values) {
      if (!isHeldByJavaScript(value)) continue;
      const about = `seed ${seed}: ${JSON.stringify(value)}`;
      const [refusal, now] = writing(db, value);
      if (refusal) {
        const words = [refusal.path, wordsOf(refusal.expected), refusal.got];
        expect(words, about).toEqual([path, wordsOf(expected), got]);
        refused += 1;
      } else {
        expect([now, null], about).toEqual([taken, path]);
        accepted += 1;
      }
    }
    db.free();
  }
  console.log(`${accepted} values accepted, ${refused} refused`);
  expect(accepted).toBeGreaterThan(400);
  expect(refused).toBeGreaterThan(400);
});

/** The refusal of a value, or what it is read as. */
function writing(db: WasmDb, value: unknown): [ContractViolation] | [null, unknown] {
  try {
    db.set('r', value as never);
    return [null, plain(db.get('r'))];
  } catch (error) {
    return [error as ContractViolation];
  }
}

/** Words in any order: JavaScript puts names such as "1" first, so a file's cases come in an order of its own. */
function wordsOf(text: string | null): string[] {
  return (text ?? '').split(/,? /).sort();
}

/** Whether JSON's numbers are all ones that JavaScript holds exactly. */
function isHeldByJavaScript(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(isHeldByJavaScript);
}

/** Bytes as their text, as JSON has them. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return btoa(String.fromCharCode(...value));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}
