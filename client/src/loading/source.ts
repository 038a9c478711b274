/** Makes a module of what it may come from, and says what came when it is none. */
import { wordsOf } from '../errors.js';
import {
  adviceNotWasm,
  adviceUnreachable,
  beginningOf,
  LoadFailure,
  noWasm,
  wasmRefusal,
} from './failure.js';

/** Where a module may come from: its compiled form, its bytes, or an address. */
export type WasmSource = WebAssembly.Module | BufferSource | URL | string | Response;

/** The name by which a platform's own objects are known, whichever window or context made them. */
export const tagOf = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1);

/** The module that comes from there. */
export async function compiled(
  given: WasmSource | Promise<WasmSource>,
): Promise<WebAssembly.Module> {
  const source = await given;
  if (typeof WebAssembly === 'undefined') throw noWasm('there is no WebAssembly here');
  if (tagOf(source) === 'WebAssembly.Module') return source as WebAssembly.Module;
  if (typeof source === 'string' || tagOf(source) === 'URL') return ofAddress(String(source));
  if (tagOf(source) === 'Response') return ofResponse(source as Response);
  if (ArrayBuffer.isView(source)) {
    return ofBytes(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), 'bytes');
  }
  if (/^(Shared)?ArrayBuffer$/.test(tagOf(source))) {
    return ofBytes(new Uint8Array(source as ArrayBuffer), 'bytes');
  }
  throw new LoadFailure(
    'not_wasm',
    `it comes from an address, bytes, a Response or a WebAssembly.Module, got ${tagOf(source)}`,
  );
}

async function ofAddress(address: string): Promise<WebAssembly.Module> {
  const files = isFile(address) ? filesOfNode() : undefined;
  return files
    ? ofBytes(await asked(address, () => files.readFile(placeOf(address))), address)
    : ofResponse(await asked(address, () => fetch(address)), address);
}

async function asked<Answer>(address: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (failure) {
    const words = `${address} could not be fetched: ${wordsOf(failure)}`;
    throw new LoadFailure('unreachable', words, failure, adviceUnreachable());
  }
}

const placeOf = (address: string) => (address.startsWith('file:') ? new URL(address) : address);

/** Whether an address is one of a file. A relative one is only where nothing else is, as in Node. */
function isFile(address: string): boolean {
  if (/^[a-z][a-z0-9+.-]+:/i.test(address)) return address.startsWith('file:');
  return typeof location === 'undefined';
}

/** Whether files are what addresses mean here. */
export function isNode(): boolean {
  return typeof location === 'undefined' && filesOfNode() !== undefined;
}

/** Node's files, without a word that a bundler for browsers could follow. */
function filesOfNode(): typeof import('node:fs/promises') | undefined {
  return globalThis.process?.getBuiltinModule?.('node:fs/promises');
}

async function ofResponse(
  response: Response,
  address = response.url || 'the Response',
): Promise<WebAssembly.Module> {
  const type = response.headers.get('Content-Type');
  const status = `${response.status} ${response.statusText}`.trim();
  const what = `${address} was answered with ${status} and ${type ?? 'no Content-Type'}`;
  if (response.ok && type === 'application/wasm' && 'compileStreaming' in WebAssembly) {
    try {
      return await WebAssembly.compileStreaming(response);
    } catch (failure) {
      throw uncompiled(what, failure);
    }
  }
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (failure) {
    throw new LoadFailure('unreachable', `${what}, and broke off: ${wordsOf(failure)}`, failure);
  }
  if (!response.ok) {
    throw new LoadFailure('not_found', `${what}, beginning with ${beginningOf(bytes)}`);
  }
  const module = await ofBytes(bytes, what);
  if (type !== 'application/wasm') {
    console.warn(`${address} is slower to load as ${type} than as application/wasm`);
  }
  return module;
}

const MAGIC = [0, 0x61, 0x73, 0x6d];

/** The module of some bytes; `what` is how an error speaks of them. */
async function ofBytes(
  bytes: Uint8Array<ArrayBufferLike>,
  what: string,
): Promise<WebAssembly.Module> {
  if (!MAGIC.every((byte, at) => bytes[at] === byte)) {
    const words = `${what}, no module, beginning with ${beginningOf(bytes)}`;
    throw new LoadFailure('not_wasm', words, undefined, adviceNotWasm(bytes));
  }
  try {
    return await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
  } catch (failure) {
    throw uncompiled(`${what} (${bytes.length} bytes)`, failure);
  }
}

function uncompiled(what: string, failure: unknown): Error {
  const refusal = wasmRefusal();
  if (refusal !== null) return noWasm(refusal);
  return new LoadFailure(
    'damaged',
    `${what}, and cannot be compiled: ${wordsOf(failure)}`,
    failure,
  );
}

/** Throws unless a module is the one that a glue is for: names of a letter or two fit many, and a glue keeps what it begins with. */
export function needBuild(module: WebAssembly.Module, build: string): void {
  const [said] = WebAssembly.Module.customSections(module, 'aimdb');
  const found = said ? String.fromCharCode(...new Uint8Array(said)) : 'something else';
  if (found === build) return;
  throw new LoadFailure(
    'other_build',
    `this is the module of ${found}, where ${build} is wanted: it is of another version of this package, perhaps from a cache`,
  );
}
