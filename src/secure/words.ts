import { wordlist } from '@scure/bip39/wordlists/english.js';
import { concatBytes, emptyBytes, utf8 } from '../base/bytes.ts';
import type { CryptoPort } from './crypto.ts';
import { hkdf } from './hkdf.ts';
import { labels } from './labels.ts';

const WORDS = 6;
const BITS_PER_WORD = 11;

/**
 * The six words that both ends show while a pairing is asked, of the offer's secret and the two keys. Someone in the middle would have
 * two pairs of keys, and two rows of words. A handshake that is made anew on another line changes nothing: a question that stands on a
 * screen cannot follow.
 * @param psk of the offer, 32 bytes
 */
export function wordsOfPairing(crypto: CryptoPort, psk: Uint8Array, deviceKey: Uint8Array, clientKey: Uint8Array): readonly string[] {
  return wordsOf(crypto, crypto.hmacSha256(psk, concatBytes(deviceKey, clientKey)));
}

/** Six words of the English BIP-39 list, 66 bits of what is derived from `secret`. */
export function wordsOf(crypto: CryptoPort, secret: Uint8Array): readonly string[] {
  const bytes = hkdf(crypto, secret, emptyBytes, utf8(labels.words), Math.ceil((WORDS * BITS_PER_WORD) / 8));
  return Array.from({ length: WORDS }, (_, index) => wordlist[bitsAt(bytes, index * BITS_PER_WORD)] ?? '');
}

function bitsAt(bytes: Uint8Array, from: number): number {
  let value = 0;
  for (let bit = from; bit < from + BITS_PER_WORD; bit++) value = (value << 1) | (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
  return value;
}
