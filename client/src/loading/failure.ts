/** What is said when a module does not come: what came in its place, and what to add. */
import { AimDbError, wordsOf } from '../errors.js';

/** Why a module did not load, as the `reason` of the error. */
export type LoadReason =
  /** Nothing answered: no such server or file, or the page may not ask. */
  | 'unreachable'
  /** The server answered that it has none, or will not give it. */
  | 'not_found'
  /** Something else came. */
  | 'not_wasm'
  /** It begins as a module and cannot be compiled. */
  | 'damaged'
  /** It is a module, and not of this build of the package. */
  | 'other_build'
  /** There is no WebAssembly here, or the page's rules forbid it. */
  | 'no_wasm';

/** A module that cannot be had; `Loading` makes the error of the package of it. */
export class LoadFailure extends Error {
  readonly reason: LoadReason;
  /** What to do about it, if it was the application that said where the module is. */
  readonly advice: string;

  constructor(reason: LoadReason, message: string, cause?: unknown, advice = '') {
    super(message, { cause });
    this.reason = reason;
    this.advice = advice;
  }
}

/** What was thrown while a module was loaded, as an error of this package. */
export function initFailed(thrown: unknown): AimDbError {
  if (thrown instanceof AimDbError) return thrown;
  const known = thrown instanceof LoadFailure ? thrown : undefined;
  const message = `the engine could not be loaded: ${wordsOf(thrown)}${known?.advice ?? ''}`;
  const cause = known?.cause ?? thrown;
  return new AimDbError('INIT_FAILED', message, { reason: known?.reason, cause });
}

/** Why this thread compiles no WebAssembly, in words; null where it does. */
export function wasmRefusal(): string | null {
  if (typeof WebAssembly === 'undefined') return 'there is no WebAssembly here';
  try {
    new WebAssembly.Module(NEEDED);
    return null;
  } catch (refused) {
    return wordsOf(refused);
  }
}

/** A module with nothing in it but what all of them need: two results of a function, and a table of JavaScript's values. */
const NEEDED = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 6, 1, 0x60, 0, 2, 0x7f, 0x6f],
  ...[4, 4, 1, 0x6f, 0, 0],
);

/** The error of what needs WebAssembly where there is none. */
export function noWasm(refusal: string): LoadFailure {
  return new LoadFailure(
    'no_wasm',
    `this needs WebAssembly, and there is none: ${refusal}. If a Content-Security-Policy forbids it, add 'wasm-unsafe-eval' to its script-src`,
  );
}

/** How something begins that is no module: a text as such, other bytes as numbers. */
export function beginningOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'nothing';
  const start = bytes.subarray(0, 40);
  const text = String.fromCharCode(...start);
  if (/^[\t\n\r -~]*$/.test(text)) return JSON.stringify(text);
  return Array.from(start.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** What to add when the file `name` of this package did not come from `address`; null if the bundle does not know its own. */
export function adviceBeside(name: string, address: string | null): string {
  if (address?.includes('/.vite/')) {
    return 'add `optimizeDeps: { exclude: ["@aimdb/wasm"] }` to vite.config';
  }
  const inline = { 'engine_bg.wasm': 'inline', 'pipeline_bg.wasm': 'store/inline' }[name];
  const or = inline ? `, or \`import init from "@aimdb/wasm/${inline}"\`` : '';
  return address === null
    ? `tell \`init\` the address of ${name}${or}`
    : `copy node_modules/@aimdb/wasm/wasm/${name} to ${address}${or}`;
}

/** What to do where the engine as plain JavaScript did not come. */
export function advicePlain(): string {
  return '; where the bundler moves no files: `import init from "@aimdb/wasm/js"`';
}

/** What to do where an address that was given could not be asked. */
export function adviceUnreachable(): string {
  const { origin } = globalThis as { origin?: unknown };
  return origin === 'null'
    ? '; a page without an origin (a file, a sandboxed frame) may fetch little: `import init from "@aimdb/wasm/inline"`'
    : '';
}

/** What to do about an answer that is no module. */
export function adviceNotWasm(bytes: Uint8Array): string {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    return '; it is compressed, and the server must say so: Content-Encoding: gzip';
  }
  return beginningOf(bytes).includes('<')
    ? '; servers answer with a page for what they do not have: say where node_modules/@aimdb/wasm/wasm/engine_bg.wasm is, which a bundler knows (Vite: `import address from "@aimdb/wasm/engine_bg.wasm?url"`)'
    : '';
}
