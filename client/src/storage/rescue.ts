/** Rows that no outbox can hold any more, or that a newer one holds, as a text for people. */

/** The rows that are this user's, or nobody's, as JSON; what JSON does not know is named by a `$`. */
export function exported(rows: readonly unknown[], user: string): string | undefined {
  const mine = rows.filter((row) => {
    const owner: unknown = Object(row).user;
    return typeof owner !== 'string' || owner === user;
  });
  return mine.length > 0 ? JSON.stringify(mine, tagged, 2) : undefined;
}

function tagged(_key: string, value: unknown): unknown {
  if (value instanceof Map) return { $map: [...value] };
  if (value instanceof Set) return { $set: [...value] };
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (value instanceof ArrayBuffer) return bytesTagged(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) {
    return bytesTagged(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  return value;
}

function bytesTagged(bytes: Uint8Array): unknown {
  return { $base64: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) };
}
