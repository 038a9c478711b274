/** Loads the engine of records: the one of this package, or one of the application's own. */
import load, {
  build,
  Engine,
  engineApi,
  file,
  type InitOutput,
  inside,
  RecordOptions,
} from '../../wasm/engine.js';
import { AimDbError, badOption } from '../errors.js';
import { type Given, Loading } from './loading.js';
import { type Begun, begin, type ModulePlace, type Packed } from './module.js';
import { compiled, isNode, type WasmSource } from './source.js';
import { ENGINE_API } from '../numbers.js';
import { needOptions } from '../options.js';

/** What `wasm-bindgen --target web` writes beside a module that has the engine in it: `import * as glue from './pkg/my_engine.js'`. */
export interface EngineGlue {
  readonly default: (options?: {
    module_or_path: WasmSource | Promise<WasmSource>;
  }) => Promise<unknown>;
  readonly Engine: abstract new (...parts: never[]) => object;
  readonly RecordOptions: abstract new (...parts: never[]) => object;
  engineApi(): number;
}

/** An engine that the application has built. */
export interface OwnEngine {
  readonly glue: EngineGlue;
  /** Where the module is; without it, the file beside the glue, which Node does not find by itself. */
  readonly module?: WasmSource;
}

// Not the whole of it: a bundler leaves out the rest.
const shipped = { Engine, RecordOptions, engineApi };

type Glue = typeof shipped;

let glue: Glue = shipped;
let engine = ofPackage();

function ofPackage(): Loading<InitOutput> {
  const module = { default: load, build, file, inside };
  return new Loading((given) => begin(module, given));
}

/**
 * Makes the engine ready. Without `source` it is the file beside this package, or else the copy in its JavaScript; `{ glue }` is
 * one of the application's own, and goes before every other `init` of the thread.
 */
export default function init(source?: WasmSource | Promise<WasmSource> | OwnEngine): Promise<void> {
  return isOwn(source) ? initOwn(source) : engine.init(source);
}

/** Makes the engine ready of its bytes in a module of JavaScript. @internal */
export function initPacked(packed: Packed): Promise<void> {
  return engine.init(packed);
}

function isOwn(source: unknown): source is OwnEngine {
  return typeof source === 'object' && source !== null && 'glue' in source;
}

async function initOwn(own: OwnEngine): Promise<void> {
  needOptions(own, ['glue', 'module'], 'init');
  const given = own.glue as EngineGlue & Glue;
  if (given !== glue) {
    const isGlue = [given?.default, given?.Engine, given?.RecordOptions, given?.engineApi].every(
      (part) => typeof part === 'function',
    );
    if (!isGlue) {
      throw badOption(
        'init: glue is all that the glue of an engine exports: import * as glue from …',
      );
    }
    if (engine.isStarted) {
      const message = 'another engine is loaded: `init({ glue })` goes before every other `init`';
      throw new AimDbError('ENGINE_LOADED', message);
    }
    glue = given;
    engine = new Loading((module) => checked(own.glue, module));
  }
  const loading = engine;
  try {
    await engine.init(own.module);
  } catch (failure) {
    // The next call may be for the engine of this package.
    if (engine === loading) goBackToShipped();
    throw failure;
  }
}

function goBackToShipped(): void {
  glue = shipped;
  engine = ofPackage();
}

/** The glues that have begun with a module that did not do: wasm-bindgen's own keeps what it has begun with. */
const spoiled = new WeakSet<object>();

/** Loads the application's engine, unless it is none, or one for another version of this package. */
async function checked(own: EngineGlue, given: Given): Promise<Begun<InitOutput>> {
  if (given === undefined && isNode()) {
    throw new Error('in Node say where the module is: init({ glue, module })');
  }
  const module = given && (await compiled(given as WasmSource));
  // Before the glue sees it: it would keep a module that it cannot begin with.
  const names = module && WebAssembly.Module.exports(module).map(({ name }) => name);
  if (names && !names.includes('engineApi')) {
    throw new Error('it is no engine: build it with `aimdb_wasm_adapter::engine!`');
  }
  if (spoiled.has(own))
    throw new Error('its glue has begun with another module: load the page anew');
  const output = await begunWith(own, module);
  const api = own.engineApi();
  if (api !== ENGINE_API) {
    throw new Error(
      `it has the calls of number ${api}, and this package those of ${ENGINE_API}: build it with the version of this package`,
    );
  }
  return { output, place: 'given', why: null };
}

async function begunWith(own: EngineGlue, module?: WebAssembly.Module): Promise<InitOutput> {
  try {
    return (await own.default(module && { module_or_path: module })) as InitOutput;
  } catch (failure) {
    // What cannot be linked, or was not found by the glue, it has not begun with.
    if (module && !(failure instanceof WebAssembly.LinkError)) spoiled.add(own);
    throw failure;
  }
}

/** The classes of the engine that is loaded. @internal */
export function engineGlue(): Glue {
  return glue;
}

/** The engine's memory. @internal */
export function engineMemory(): WebAssembly.Memory {
  return engine.output('@aimdb/wasm').memory;
}

/** The engine that runs in this thread. */
export interface EngineInfo {
  /** WebAssembly, or the same program as plain JavaScript. */
  readonly kind: 'wasm' | 'js';
  /** Where it was found: in the file beside the package, in the package's JavaScript, or where the application said. */
  readonly place: ModulePlace;
  /** Why it is not the first choice, WebAssembly from the file or from where the application said; null where it is. */
  readonly why: string | null;
  /** How much memory it has taken, which only grows. */
  readonly memoryBytes: number;
}

/** Which engine runs in this thread, and why that one; null before `init` is done. */
export function engineInfo(): EngineInfo | null {
  const { begun } = engine;
  if (begun === null) return null;
  const { place, why, output } = begun;
  return { kind: 'wasm', place, why, memoryBytes: output.memory.buffer.byteLength };
}
