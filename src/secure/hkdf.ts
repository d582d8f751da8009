import { ByteWriter } from '../base/byteWriter.ts';
import { emptyBytes } from '../base/bytes.ts';
import type { CryptoPort } from './crypto.ts';

const HASH_BYTES = 32;

/**
 * HKDF-SHA256 (RFC 5869).
 * @param salt empty stands for the default salt of 32 zeros: HMAC pads its key with zeros
 * @param count bytes of the result, at most 255 * 32
 */
export function hkdf(crypto: CryptoPort, secret: Uint8Array, salt: Uint8Array, info: Uint8Array, count = HASH_BYTES): Uint8Array {
  if (count > 255 * HASH_BYTES) throw new RangeError(`HKDF gives no ${String(count)} bytes`);
  const pseudorandomKey = crypto.hmacSha256(salt, secret);
  const out = new Uint8Array(count);
  let block: Uint8Array = emptyBytes;
  for (let at = 0, counter = 1; at < count; at += HASH_BYTES, counter++) {
    const input = new ByteWriter(HASH_BYTES + info.length + 1).bytes(block).bytes(info).u8(counter).finish();
    block = crypto.hmacSha256(pseudorandomKey, input);
    out.set(block.subarray(0, count - at), at);
  }
  return out;
}
