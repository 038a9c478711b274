/** The union of codes is the enums of Rust and the client's own list, and every error is typed with it. */
import { readFileSync } from 'node:fs';
import type { ErrorCode as TwinCode } from '@aimdb/pipeline-twin';
import { type AimDbErrorCode, AimDbError, WasmDb } from '@aimdb/wasm';
import { PipelineError } from '@aimdb/wasm/store';
import { expect, expectTypeOf, test } from 'vitest';
import type { OwnErrorCode } from '../src/codes.js';
import type { RustErrorCode } from '../src/rust-codes.js';
import { codeOf } from './support/db.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const words = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, word]) => word);
/** The words of an `enum Code`, as its source has them. */
const declared = (crate: string) => words(read(`${crate}/src/code.rs`), /^ {4}\w+ = "(\w+)",$/gm);

test('the union has what the enums have, and what stands on the wire', () => {
  const wire = words(read('ws-protocol/src/error.rs'), /=> "([A-Z_]+)"/g);
  const enums = ['contracts', 'ws-protocol', 'pipeline', 'query'].flatMap(declared).concat(wire);
  const union = words(read('client/src/rust-codes.ts'), /\| '(\w+)'/g);
  expect(union.toSorted()).toEqual(enums.toSorted());
  expect(wire).toHaveLength(6);
  const own = words(read('client/src/codes.ts'), /\| '(\w+)'/g);
  expect(words(read('docs/codes.md'), /^\| `(\w+)`/gm)).toEqual([...union, ...own].toSorted());
  expect(new Set([...union, ...own]).size).toBe(union.length + own.length);
});

test('errors are typed with it', () => {
  expectTypeOf<AimDbError['code']>().toEqualTypeOf<AimDbErrorCode>();
  expectTypeOf<PipelineError['code']>().toEqualTypeOf<AimDbErrorCode>();
  expectTypeOf<TwinCode>().toExtend<AimDbErrorCode>();
  // One list has what the other has not.
  expectTypeOf<RustErrorCode & OwnErrorCode>().toBeNever();
  // @ts-expect-error A slip of the pen is no code.
  expect(new AimDbError('FREEED', '').code).toBe('FREEED');
  // @ts-expect-error Nor is a reason.
  expect(new PipelineError('not_settled', '').code).toBe('not_settled');
});

test('what is thrown has one', async () => {
  const union = read('client/src/rust-codes.ts') + read('client/src/codes.ts');
  const code = await codeOf(() => new WasmDb());
  expect(union).toContain(`| '${code}'`);
});
