import { DecodeError } from '../base/bytes.ts';

/** Crockford's base32: no I, L, O or U, so that what is read aloud or typed off a screen comes out right. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Writes the first `characters * 5` bits of `bytes`. */
export function toCrockford(bytes: Uint8Array, characters: number): string {
  let out = '';
  for (let bit = 0; bit < characters * 5; bit += 5) {
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    out += alphabet.charAt((pair >> (11 - (bit & 7))) & 31);
  }
  return out;
}

/**
 * Reads characters into bytes, the bits that are left over being zero. Case does not matter, spaces and dashes are skipped, O reads as
 * 0, I and L as 1.
 * @throws DecodeError for another character or another count of them
 */
export function fromCrockford(text: string, characters: number): Uint8Array {
  if (text.length > characters * 4) throw new DecodeError('too long');
  const digits = text
    .toUpperCase()
    .replace(/[\s\p{Dash}]/gu, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  if (digits.length !== characters) throw new DecodeError(`${String(digits.length)} characters, not ${String(characters)}`);
  const out = new Uint8Array(Math.ceil((characters * 5) / 8));
  for (let index = 0; index < characters; index++) {
    const value = alphabet.indexOf(digits.charAt(index));
    if (value < 0) throw new DecodeError('a character that is not in the alphabet');
    const bit = index * 5;
    const pair = value << (11 - (bit & 7));
    out[bit >> 3] = (out[bit >> 3] ?? 0) | (pair >> 8);
    if ((pair & 0xff) !== 0) out[(bit >> 3) + 1] = pair & 0xff;
  }
  return out;
}
