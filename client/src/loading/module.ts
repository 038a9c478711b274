/**
 * A module of this package: the file beside its glue, or else the same bytes in a module of JavaScript.
 *
 * Bundlers for pages move the file (Vite, webpack, Rspack, Parcel, Next). Those that move none leave the page asking for what
 * nobody serves; esbuild, and with it the development server of Vite 5 to 7, has put the bytes into the bundle then.
 */
import { wordsOf } from '../errors.js';
import { adviceBeside, LoadFailure, noWasm, wasmRefusal } from './failure.js';
import { compiled, needBuild, type WasmSource } from './source.js';

/** What `xtask wasm` writes beside each module. */
export interface ModuleGlue<Output> {
  /** Begins with a module; once. */
  default(module: WebAssembly.Module): Promise<Output>;
  readonly build: string;
  file(): URL;
  inside(none: string): Promise<{ readonly default: Packed }>;
}

/** The bytes of a module that stands in a file of JavaScript. */
export type Packed = () => BufferSource;

/** Where a module was found: in the file beside the package, in the package's JavaScript, or where the application said. */
export type ModulePlace = 'file' | 'inline' | 'given';

/** What a module is made of, if not of the file beside this package. */
export type Given = WasmSource | Promise<WasmSource> | Packed | undefined;

interface Found {
  readonly module: WebAssembly.Module;
  readonly place: ModulePlace;
  /** Why it is not the file, in words. */
  readonly why: string | null;
}

/** What a module gives once it has begun. */
export interface Begun<Output> extends Omit<Found, 'module'> {
  readonly output: Output;
}

/** Begins with the module that was given, or the one of the package. */
export async function begin<Output>(
  glue: ModuleGlue<Output>,
  given?: Given,
): Promise<Begun<Output>> {
  const { module, ...found } = await find(glue, given);
  return { ...found, output: await glue.default(module) };
}

async function find<Output>(glue: ModuleGlue<Output>, given: Given): Promise<Found> {
  if (given === undefined) return findOurs(glue);
  if (isPacked(given)) return { module: await ofPacked(given), place: 'inline', why: null };
  const module = await compiled(given);
  needBuild(module, glue.build);
  return { module, place: 'given', why: null };
}

const isPacked = (given: unknown): given is Packed => typeof given === 'function';

function ofPacked(packed: Packed): Promise<WebAssembly.Module> {
  const refusal = wasmRefusal();
  if (refusal !== null) throw noWasm(refusal);
  return WebAssembly.compile(packed());
}

async function findOurs<Output>(glue: ModuleGlue<Output>): Promise<Found> {
  const refusal = wasmRefusal();
  if (refusal !== null) throw noWasm(refusal);
  let address: string | null = null;
  try {
    address = String(glue.file());
    const module = await compiled(address);
    needBuild(module, glue.build);
    return { module, place: 'file', why: null };
  } catch (failure) {
    return findInside(glue, address, failure);
  }
}

async function findInside<Output>(
  glue: ModuleGlue<Output>,
  address: string | null,
  failure: unknown,
): Promise<Found> {
  const name = `${glue.build.split(' ')[0]}_bg.wasm`;
  const advice = adviceBeside(name, address);
  const why = address === null ? 'this bundle does not know its address' : wordsOf(failure);
  let packed: Packed;
  try {
    packed = (await glue.inside('')).default;
    if (!isPacked(packed)) throw new Error('what came is another module');
  } catch (cause) {
    throw new LoadFailure(
      failure instanceof LoadFailure ? failure.reason : 'unreachable',
      `${why}, nor is it in the bundle (${wordsOf(cause)}): ${advice}`,
      failure,
    );
  }
  warn(`${why}. The copy in the bundle is used, a third larger; without it: ${advice}`, advice);
  return { module: await ofPacked(packed), place: 'inline', why };
}

const advised = new Set<string>();

/** Says once what would help, however many modules it is about. */
function warn(words: string, advice: string): void {
  if (advised.has(advice)) return;
  advised.add(advice);
  console.warn(`@aimdb/wasm: ${words}`);
}
