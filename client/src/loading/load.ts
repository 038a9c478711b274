/** Loads the engine of records: the one of this package, or one of the application's own. */
import load, { Engine, engineApi, type InitOutput, RecordOptions } from '../../wasm/engine.js';
import { compiled } from '../../wasm/load.js';
import { AimDbError, badOption } from '../errors.js';
import { Loading, type WasmSource } from './loading.js';
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
const shipped = { default: load, Engine, RecordOptions, engineApi };

type Glue = typeof shipped;

let glue: Glue = shipped;
let engine = new Loading<InitOutput>(glue.default, 'engine_bg.wasm');

/**
 * Makes the engine ready. Without `source` it is the file beside this package; `{ glue }` is one of the application's own, and
 * goes before every other `init` of the thread.
 */
export default function init(source?: WasmSource | OwnEngine): Promise<void> {
  return isOwn(source) ? initOwn(source) : engine.init(source);
}

function isOwn(source: unknown): source is OwnEngine {
  return typeof source === 'object' && source !== null && 'glue' in source;
}

async function initOwn(own: OwnEngine): Promise<void> {
  needOptions(own, ['glue', 'module'], 'init');
  const given = own.glue as Glue;
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
    engine = new Loading<InitOutput>(checked, null);
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
  engine = new Loading<InitOutput>(glue.default, 'engine_bg.wasm');
}

/** The glues that have begun with a module that did not do: wasm-bindgen's own keeps what it has begun with. */
const spoiled = new WeakSet<object>();

/** Loads the application's engine, unless it is none, or one for another version of this package. */
async function checked(options?: Parameters<EngineGlue['default']>[0]): Promise<InitOutput> {
  const own = glue;
  const module = options && (await compiled(options.module_or_path));
  // Before the glue sees it: it would keep a module that it cannot begin with.
  const names = module && WebAssembly.Module.exports(module).map(({ name }) => name);
  if (names && !names.includes('engineApi')) {
    throw new Error('it is no engine: build it with `aimdb_wasm_adapter::engine!`');
  }
  if (spoiled.has(own))
    throw new Error('its glue has begun with another module: load the page anew');
  const output = await begun(own, module);
  const api = own.engineApi();
  if (api !== ENGINE_API) {
    throw new Error(
      `it has the calls of number ${api}, and this package those of ${ENGINE_API}: build it with the version of this package`,
    );
  }
  return output;
}

async function begun(own: Glue, module?: WebAssembly.Module): Promise<InitOutput> {
  try {
    return await own.default(module && { module_or_path: module });
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
