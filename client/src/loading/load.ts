/**
 * Loads the engine of records: this package's, as WebAssembly or as plain JavaScript, or one of the application's own.
 *
 * Plain JavaScript is for threads that may compile no WebAssembly: it is the same program, twice as long to download and slower.
 */
import load, {
  build,
  Engine,
  engineApi,
  file,
  inside,
  plain,
  RecordOptions,
} from '../../wasm/engine.js';
import { AimDbError, badOption, wordsOf } from '../errors.js';
import { needOptions } from '../options.js';
import { advicePlain, LoadFailure, wasmRefusal } from './failure.js';
import { Loading } from './loading.js';
import { begin, type Given, type ModulePlace, type Packed } from './module.js';
import { beginOwn, type EngineGlue, needGlue, type OwnEngine } from './own.js';
import { tagOf, type WasmSource } from './source.js';

const KINDS = ['auto', 'wasm', 'js'] as const;

/** Which engine, and where its module is. */
export interface InitOptions {
  /**
   * `wasm`: WebAssembly, or an error. `js`: the same program as plain JavaScript. `auto`, the default: plain JavaScript only where WebAssembly is
   * missing, or refused by a Content-Security-Policy.
   */
  readonly engine?: (typeof KINDS)[number];
  /** Where the WebAssembly module is; without it, the file beside this package. */
  readonly module?: WasmSource | Promise<WasmSource>;
}

/** What is there, in either form: the classes that the package calls. */
const shipped = { Engine, RecordOptions, engineApi };

type Glue = typeof shipped;

type Program = Awaited<ReturnType<typeof plain>>;

interface Running {
  readonly glue: Glue;
  readonly kind: EngineInfo['kind'];
  readonly output: { readonly memory: WebAssembly.Memory };
  readonly place: ModulePlace;
  readonly why: string | null;
}

const loading = new Loading<Running>();
/** The application's own engine that was asked for. */
let own: EngineGlue | null = null;

/**
 * Makes the engine ready. Without `source` it is the file beside this package, or else the copy in its JavaScript; `{ glue }` is
 * one of the application's own, and goes before every other `init` of the thread.
 */
export default function init(
  source?: WasmSource | Promise<WasmSource> | InitOptions | OwnEngine,
): Promise<void> {
  if (tagOf(source) !== 'Object') {
    return loading.init(() => beginOurs('auto', source as Given));
  }
  return 'glue' in (source as object)
    ? initOwn(source as OwnEngine)
    : initChosen(source as InitOptions);
}

/** Makes the engine ready of its bytes in a module of JavaScript. @internal */
export function initPacked(packed: Packed): Promise<void> {
  return loading.init(() => beginOurs('auto', packed));
}

/** Makes the engine ready as the plain JavaScript that is given. @internal */
export async function initPlain(program: Program): Promise<void> {
  await loading.init(() => beginPlain(program, 'inline', 'it was asked for'));
  needKind('js');
}

async function initChosen(options: InitOptions): Promise<void> {
  needOptions(options, ['engine', 'module'], 'init');
  const { engine = 'auto', module } = options;
  if (!KINDS.includes(engine)) {
    throw badOption(`init: engine is 'auto', 'wasm' or 'js', got ${wordsOf(engine)}`);
  }
  if (engine === 'js' && module !== undefined) {
    throw badOption("init: module is where WebAssembly is, which engine 'js' has none of");
  }
  await loading.init(() => beginOurs(engine, module));
  if (engine !== 'auto') needKind(engine);
}

/** Throws if the engine that runs, which may be what another call asked for, is of the other kind. */
function needKind(kind: EngineInfo['kind']): void {
  if (loading.begun?.kind === kind) return;
  const message = `another engine is loaded: what asks for '${kind}' goes before every other \`init\` of the thread`;
  throw new AimDbError('ENGINE_LOADED', message);
}

async function initOwn(options: OwnEngine): Promise<void> {
  needOptions(options, ['glue', 'module'], 'init');
  const { glue } = options;
  if (glue !== own) {
    needGlue(glue);
    if (loading.isStarted) {
      const message = 'another engine is loaded: `init({ glue })` goes before every other `init`';
      throw new AimDbError('ENGINE_LOADED', message);
    }
    own = glue;
  }
  try {
    await loading.init(async () => {
      const begun = await beginOwn(options);
      return { ...begun, glue: glue as unknown as Glue, kind: 'wasm' };
    });
  } catch (failure) {
    // The next call may be for the engine of this package.
    if (!loading.isStarted) own = null;
    throw failure;
  }
}

async function beginOurs(engine: (typeof KINDS)[number], given: Given): Promise<Running> {
  const why = engine === 'js' ? 'it was asked for' : engine === 'auto' ? refusalOf(given) : null;
  if (why === null) {
    const begun = await begin({ default: load, build, file, inside }, given);
    return { ...begun, glue: shipped, kind: 'wasm' };
  }
  let program: Program;
  try {
    program = await plain();
  } catch (cause) {
    const words = `${why}, and the engine as plain JavaScript did not come: ${wordsOf(cause)}`;
    throw new LoadFailure('unreachable', words, cause, advicePlain());
  }
  return beginPlain(program, 'file', why);
}

/** Why this is no place for WebAssembly. What is compiled already may begin even where nothing may be compiled, as at the edge. */
function refusalOf(given: Given): string | null {
  return tagOf(given) === 'WebAssembly.Module' ? null : wasmRefusal();
}

async function beginPlain(program: Program, place: ModulePlace, why: string): Promise<Running> {
  if (program.build !== build) {
    const words = `the plain JavaScript is of ${program.build}, where ${build} is wanted`;
    throw new LoadFailure('other_build', words);
  }
  const output = await program.default();
  const { Engine, RecordOptions, engineApi } = program;
  return { glue: { Engine, RecordOptions, engineApi }, kind: 'js', output, place, why };
}

/** The classes of the engine that is loaded. @internal */
export function engineGlue(): Glue {
  return loading.begun?.glue ?? shipped;
}

/** The engine's memory. @internal */
export function engineMemory(): WebAssembly.Memory {
  return loading.needed('@aimdb/wasm').output.memory;
}

/** The engine that runs in this thread. */
export interface EngineInfo {
  /** WebAssembly, or the same program as plain JavaScript. */
  readonly kind: 'wasm' | 'js';
  /** Where it was found: in a file beside the package, in the bundle's JavaScript, or where the application said. */
  readonly place: ModulePlace;
  /** Why it is not the first choice, WebAssembly from the file or from where the application said; null where it is. */
  readonly why: string | null;
  /** How much memory it has taken, which only grows. */
  readonly memoryBytes: number;
}

/** Which engine runs in this thread, and why that one; null before `init` is done. */
export function engineInfo(): EngineInfo | null {
  const { begun } = loading;
  if (begun === null) return null;
  const { kind, place, why, output } = begun;
  return { kind, place, why, memoryBytes: output.memory.buffer.byteLength };
}
