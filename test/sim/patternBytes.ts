/** Byte `offset` of the endless text called `key`: both ends know what should arrive without keeping it. */
function patternByte(key: number, offset: number): number {
  return (Math.imul(offset + 1, 0x9e37_79b1) ^ Math.imul(key, 0x85eb_ca6b)) >>> 24;
}

export function patternBytes(key: number, offset: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at++) bytes[at] = patternByte(key, offset + at);
  return bytes;
}

/** Where `bytes`, as received from `offset` on, differ from what was written; undefined when nowhere. */
export function firstDifference(key: number, offset: number, bytes: Uint8Array): number | undefined {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== patternByte(key, offset + at)) return offset + at;
  return undefined;
}
