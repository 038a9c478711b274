/**
 * Any JavaScript string as bytes and back (WTF-8): UTF-8 in which a surrogate without partner is the three bytes its
 * code point would have. Nothing is lost in either direction.
 */

import { textDecoder, textEncoder } from '../../../wasm/text.js';

const LONE_SURROGATE = /\p{Surrogate}/u;

let decoder: TextDecoder | null = null;

/** Made when it is first used: importing touches nothing. */
function decode(bytes: Uint8Array): string {
  decoder ??= textDecoder({ fatal: true, ignoreBOM: true });
  return decoder.decode(bytes);
}

/** The most bytes a string can take. */
export function bytesMax(text: string): number {
  return text.length * 3;
}

/** Writes a string to `bytes` from `start`, where there is room for it; returns how many bytes it took. */
export function writeText(text: string, bytes: Uint8Array, start: number): number {
  // Most are short and plain: a loop is then faster than a call of the platform.
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) return writeAny(text, bytes, start);
    bytes[start + at] = unit;
  }
  return text.length;
}

function writeAny(text: string, bytes: Uint8Array, start: number): number {
  if (!LONE_SURROGATE.test(text))
    return textEncoder().encodeInto(text, bytes.subarray(start)).written;
  let at = start;
  // Strings are walked by code points; a lone surrogate is one of its own.
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code >= 0xd800 && code <= 0xdfff) {
      bytes[at++] = 0xed;
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[at++] = 0x80 | (code & 0x3f);
    } else {
      at += textEncoder().encodeInto(character, bytes.subarray(at)).written;
    }
  }
  return at - start;
}

/** The string of these bytes. */
export function readText(bytes: Uint8Array): string {
  try {
    return decode(bytes);
  } catch {
    return readSurrogates(bytes);
  }
}

/** Bytes with lone surrogates in them: the stretches between are UTF-8. */
function readSurrogates(bytes: Uint8Array): string {
  let text = '';
  let start = 0;
  for (let at = 0; at + 2 < bytes.length; at++) {
    const second = bytes[at + 1] as number;
    if (bytes[at] !== 0xed || second < 0xa0) continue;
    const unit = 0xd000 | ((second & 0x3f) << 6) | ((bytes[at + 2] as number) & 0x3f);
    text += decode(bytes.subarray(start, at)) + String.fromCharCode(unit);
    at += 2;
    start = at + 1;
  }
  return text + decode(bytes.subarray(start));
}
