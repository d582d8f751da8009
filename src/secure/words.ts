import { wordlist } from '@scure/bip39/wordlists/english.js';
import { emptyBytes, utf8 } from '../base/bytes.ts';
import type { CryptoPort } from './crypto.ts';
import { hkdf } from './hkdf.ts';
import { labels } from './labels.ts';

const WORDS = 6;
const BITS_PER_WORD = 11;

/**
 * Six words of the English BIP-39 list that both ends show while a pairing is asked: 66 bits of the handshake hash. Someone in the
 * middle would have two handshakes, and two rows of words.
 */
export function wordsOf(crypto: CryptoPort, handshakeHash: Uint8Array): readonly string[] {
  const bytes = hkdf(crypto, handshakeHash, emptyBytes, utf8(labels.words), Math.ceil((WORDS * BITS_PER_WORD) / 8));
  return Array.from({ length: WORDS }, (_, index) => wordlist[bitsAt(bytes, index * BITS_PER_WORD)] ?? '');
}

function bitsAt(bytes: Uint8Array, from: number): number {
  let value = 0;
  for (let bit = from; bit < from + BITS_PER_WORD; bit++) value = (value << 1) | (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
  return value;
}
