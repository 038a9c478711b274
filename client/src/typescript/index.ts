/**
 * The TypeScript of contract files: what `npx aimdb-types` writes.
 *
 * `await init()` once; it loads a module of its own, the same generator that wrote the types of the built-in contracts.
 */
import load, { build, file, type InitOutput, inside, Types } from '../../wasm/types.js';
import type { ContractFile } from '../contract/file.js';
import { AimDbError } from '../errors.js';
import { Loading } from '../loading/loading.js';
import { type Begun, begin } from '../loading/module.js';
import type { WasmSource } from '../loading/source.js';

const module = new Loading<Begun<InitOutput>>();
const glue = { default: load, build, file, inside };

/** Makes the generator ready. Without `source` it is the file beside this package, or else the copy in its JavaScript. */
export default function init(source?: WasmSource | Promise<WasmSource>): Promise<void> {
  return module.init(() => begin(glue, source));
}

/** A contract file that cannot be one. `code` is `CONTRACT_INVALID`. */
export class ContractFileError extends AimDbError {
  /** Which of the files, from 0. */
  readonly index: number;
  /** The place in it, as a JSON pointer. */
  readonly pointer: string;

  constructor(message: string, index: number, pointer: string) {
    super('CONTRACT_INVALID', message);
    this.index = index;
    this.pointer = pointer;
  }

  override get name(): string {
    return 'ContractFileError';
  }
}

/**
 * An interface for each contract and each that nests in it; where writing allows more, another named `...Input`. With
 * them `AimDbSchemas` and `AimDbInputs` of `@aimdb/wasm` learn the contracts by their names.
 */
export function typescript(contracts: readonly ContractFile[]): string {
  module.needed('@aimdb/wasm/types');
  const types = new Types();
  try {
    for (const [index, contract] of contracts.entries()) {
      if (!types.add(JSON.stringify(contract))) {
        throw new ContractFileError(types.message(), index, types.place());
      }
    }
    return contracts.length === 0 ? '' : types.write();
  } finally {
    types.free();
  }
}
