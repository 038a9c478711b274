/**
 * JSON Schema (2020-12) and contract files, both ways: what Zod, TypeBox, schemars and OpenAPI write becomes a contract,
 * and a contract becomes a schema.
 *
 * `await init()` once; it loads a module of its own. What a contract cannot say is refused by the name of the keyword.
 */
import load, {
  build,
  file,
  fromJsonSchema as fromBytes,
  type InitOutput,
  inside,
  toJsonSchema as toBytes,
} from '../../wasm/json_schema.js';
import type { ContractFile, JsonValue } from '../contract/file.js';
import type { AimDbErrorCode } from '../codes.js';
import { AimDbError, badOption } from '../errors.js';
import { Loading } from '../loading/loading.js';
import { type Begun, begin } from '../loading/module.js';
import type { WasmSource } from '../loading/source.js';
import { plainSchema } from '../plain.js';
import { decode, encode } from './tree.js';

const module = new Loading<Begun<InitOutput>>();
const glue = { default: load, build, file, inside };

/** Makes the conversions ready. Without `source` it is the file beside this package, or else the copy in its JavaScript. */
export default function init(source?: WasmSource | Promise<WasmSource>): Promise<void> {
  return module.init(() => begin(glue, source));
}

export interface JsonSchemaOptions {
  /** The contract's name; without it, the schema's `title` in snake_case. */
  readonly name?: string;
  /** The contract's version, 1 if it is not given. */
  readonly version?: number;
}

/** A schema or a contract that has no counterpart. `code` is `SCHEMA_UNSUPPORTED`. */
export class SchemaError extends AimDbError {
  /** The keyword that cannot be said. */
  readonly keyword: string;
  /** The schema in which it stands, as a JSON pointer. */
  readonly pointer: string;

  constructor(refusal: Refusal) {
    super(refusal.code, refusal.message);
    this.keyword = refusal.keyword;
    this.pointer = refusal.pointer;
  }

  override get name(): string {
    return 'SchemaError';
  }
}

interface Refusal {
  readonly code: AimDbErrorCode;
  readonly message: string;
  readonly keyword: string;
  readonly pointer: string;
}

/** The contract of a JSON Schema. Throws a `SchemaError` that names what a contract cannot say. */
export function fromJsonSchema(schema: object, options: JsonSchemaOptions = {}): ContractFile {
  for (const name of Object.keys(options)) {
    if (name !== 'name' && name !== 'version') throw badOption(`fromJsonSchema has no '${name}'`);
  }
  const { name = '', version = 1 } = options;
  if (typeof name !== 'string') throw badOption('name must be a text');
  if (!Number.isInteger(version) || version < 1 || version > 0xffffffff) {
    throw badOption('version must be an integer from 1 to 4294967295');
  }
  module.needed('@aimdb/wasm/json-schema');
  const plain = plainOf(schema, 'a schema');
  const bytes = fromBytes(encode([plain, name, version, noPatterns(plain)]));
  return answer(bytes) as unknown as ContractFile;
}

/** The JSON Schema of a contract. */
export function toJsonSchema(contract: ContractFile): { readonly [keyword: string]: JsonValue } {
  module.needed('@aimdb/wasm/json-schema');
  return answer(toBytes(encode([plainOf(contract, 'a contract')])));
}

/** The texts under `pattern` that are no regular expressions, with what is wrong with them. */
function noPatterns(schema: JsonValue, found: Record<string, string> = {}): Record<string, string> {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [key, part] of Object.entries(schema as Record<string, JsonValue>)) {
    const words = key === 'pattern' && typeof part === 'string' ? whyNoPattern(part) : null;
    if (words !== null) found[part as string] = words;
    noPatterns(part, found);
  }
  return found;
}

/** Patterns are judged here, where regular expressions are; the module says whether one is meant, and where. */
function whyNoPattern(text: string): string | null {
  try {
    new RegExp(text, 'u');
    return null;
  } catch (problem) {
    return String(problem);
  }
}

/** A copy that crosses as it is. What a library has hidden in a schema is no part of it; what is no JSON is refused with its place. */
function plainOf(value: object, what: string): JsonValue {
  if (typeof value !== 'object' || value === null) throw badOption(`${what} is an object`);
  const judged = plainSchema(value);
  if ('copy' in judged) return judged.copy as JsonValue;
  const { path, got } = judged;
  const at = path === '' ? '' : ` at '${path}'`;
  throw new AimDbError('JSON_INVALID', `${what} is JSON${at}: got ${got}`, { path });
}

function answer(bytes: Uint8Array): { readonly [name: string]: JsonValue } {
  const value = decode(bytes) as { readonly [name: string]: JsonValue };
  const { refusal } = value;
  if (refusal === undefined) return value;
  const { code, message, keyword } = refusal as unknown as Refusal;
  if (keyword === undefined) throw new AimDbError(code, message);
  throw new SchemaError(refusal as unknown as Refusal);
}
