/** An engine that the application has built, with a graph of its own in it. */
import type { InitOutput } from '../../wasm/engine.js';
import { badOption } from '../errors.js';
import { ENGINE_API } from '../numbers.js';
import type { Begun } from './module.js';
import { compiled, isNode, type WasmSource } from './source.js';

/** What `wasm-bindgen --target web` writes beside a module that has the engine in it: `import * as glue from './pkg/my_engine.js'`. */
export interface EngineGlue {
  readonly default: (options?: {
    module_or_path: WasmSource | Promise<WasmSource>;
  }) => Promise<unknown>;
  readonly Engine: abstract new (...parts: never[]) => object;
  readonly RecordOptions: abstract new (...parts: never[]) => object;
  engineApi(): number;
}

/** An engine that the application has built. It is WebAssembly. */
export interface OwnEngine {
  readonly glue: EngineGlue;
  /** Where the module is; without it, the file beside the glue, which Node does not find by itself. */
  readonly module?: WasmSource | Promise<WasmSource>;
}

/** Throws unless this is a glue. */
export function needGlue(glue: EngineGlue): void {
  const parts = [glue?.default, glue?.Engine, glue?.RecordOptions, glue?.engineApi];
  if (!parts.every((part) => typeof part === 'function')) {
    throw badOption(
      'init: glue is all that the glue of an engine exports: import * as glue from …',
    );
  }
}

/** The glues that have begun with a module that did not do: wasm-bindgen's own keeps what it has begun with. */
const spoiled = new WeakSet<object>();

/** Loads the application's engine, unless it is none, or one for another version of this package. */
export async function beginOwn({ glue, module: given }: OwnEngine): Promise<Begun<InitOutput>> {
  if (given === undefined && isNode()) {
    throw new Error('in Node say where the module is: init({ glue, module })');
  }
  const module = given && (await compiled(given));
  // Before the glue sees it: it would keep a module that it cannot begin with.
  const names = module && WebAssembly.Module.exports(module).map(({ name }) => name);
  if (names && !names.includes('engineApi')) {
    throw new Error('it is no engine: build it with `aimdb_wasm_adapter::engine!`');
  }
  if (spoiled.has(glue)) {
    throw new Error('its glue has begun with another module: load the page anew');
  }
  const output = await begunWith(glue, module);
  const api = glue.engineApi();
  if (api !== ENGINE_API) {
    throw new Error(
      `it has the calls of number ${api}, and this package those of ${ENGINE_API}: build it with the version of this package`,
    );
  }
  return { output, place: 'given', why: null };
}

async function begunWith(glue: EngineGlue, module?: WebAssembly.Module): Promise<InitOutput> {
  try {
    return (await glue.default(module && { module_or_path: module })) as InitOutput;
  } catch (failure) {
    // What cannot be linked, or was not found by the glue, it has not begun with.
    if (module && !(failure instanceof WebAssembly.LinkError)) spoiled.add(glue);
    throw failure;
  }
}
