import { toBase64url } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';

const ID_BYTES = 16;

/** A fresh id of the chat contract: 128 random bits in base64url. */
export function newId(random: Random): string {
  return toBase64url(random.bytes(ID_BYTES));
}
