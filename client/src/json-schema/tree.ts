/**
 * JSON as bytes, for the module: `contracts/json-schema/wasm/src/tree.rs` reads and writes the same.
 *
 * JavaScript has a parser of JSON, so the module needs none.
 */
import { textDecoder, textEncoder } from '../../wasm/text.js';
import type { JsonValue } from '../contract/file.js';

const TAG = { null: 0, false: 1, true: 2, number: 3, text: 4, list: 5, map: 6 } as const;

/** Made when it is first used: importing touches nothing. */
let decoder: TextDecoder | null = null;

/** The bytes of JSON values, one after the other. */
export function encode(values: readonly JsonValue[]): Uint8Array {
  const bytes: number[] = [];
  for (const value of values) put(bytes, value);
  return Uint8Array.from(bytes);
}

function put(bytes: number[], value: JsonValue): void {
  if (value === null || typeof value === 'boolean') {
    bytes.push(TAG[`${value}`]);
  } else if (typeof value === 'number') {
    bytes.push(TAG.number, ...new Uint8Array(Float64Array.of(value).buffer));
  } else if (typeof value === 'string') {
    bytes.push(TAG.text);
    putText(bytes, value);
  } else if (Array.isArray(value)) {
    bytes.push(TAG.list);
    putCount(bytes, value.length);
    for (const element of value) put(bytes, element);
  } else {
    const entries = Object.entries(value);
    bytes.push(TAG.map);
    putCount(bytes, entries.length);
    for (const [name, of] of entries) {
      putText(bytes, name);
      put(bytes, of);
    }
  }
}

function putCount(bytes: number[], count: number): void {
  bytes.push(count & 255, (count >> 8) & 255, (count >> 16) & 255, count >>> 24);
}

function putText(bytes: number[], value: string): void {
  const encoded = textEncoder().encode(value);
  putCount(bytes, encoded.length);
  for (const byte of encoded) bytes.push(byte);
}

/** The JSON value of some bytes that the module wrote. */
export function decode(bytes: Uint8Array): JsonValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (length: number) => {
    at += length;
    return at - length;
  };
  const count = () => view.getUint32(take(4), true);
  const string = () => {
    const length = count();
    const from = take(length);
    decoder ??= textDecoder({});
    return decoder.decode(bytes.subarray(from, at));
  };
  const value = (): JsonValue => {
    switch (view.getUint8(take(1))) {
      case TAG.null:
        return null;
      case TAG.false:
        return false;
      case TAG.true:
        return true;
      case TAG.number:
        return view.getFloat64(take(8), true);
      case TAG.text:
        return string();
      case TAG.list:
        return Array.from({ length: count() }, value);
      default:
        return Object.fromEntries(Array.from({ length: count() }, () => [string(), value()]));
    }
  };
  return value();
}
