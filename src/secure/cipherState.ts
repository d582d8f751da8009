import { emptyBytes } from '../base/bytes.ts';
import type { Aead, CryptoPort } from './crypto.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const zeros = new Uint8Array(KEY_BYTES);

/**
 * Noise's CipherState (revision 34, section 5.1) with AESGCM: a key and a counter that is never sent. The nonce is 32 zero bits and
 * the counter, 64 bits big-endian (section 12.4).
 */
export class CipherState {
  readonly #crypto: CryptoPort;
  #aead: Aead;
  /** Written over for each message: the port does not keep it. */
  readonly #nonce = new Uint8Array(NONCE_BYTES);
  #counter = 0;

  constructor(crypto: CryptoPort, key: Uint8Array) {
    this.#crypto = crypto;
    this.#aead = crypto.aead(key);
  }

  /** How many messages this key and those before it have carried. */
  get counter(): number {
    return this.#counter;
  }

  /** @throws RangeError after 2^53 - 1 messages, long before a nonce could come back */
  encrypt(associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#aead.seal(nonceOf(this.#counter, this.#nonce), associatedData, plaintext);
    this.#counter += 1;
    return ciphertext;
  }

  /** The counter stays where it is when the tag does not fit. @throws */
  decrypt(associatedData: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#aead.open(nonceOf(this.#counter, this.#nonce), associatedData, ciphertext);
    this.#counter += 1;
    return plaintext;
  }

  /** REKEY (section 4.2): the new key cannot be traced back to the old one, the counter goes on. */
  rekey(): void {
    const next = this.#aead.seal(lastNonce(), emptyBytes, zeros).subarray(0, KEY_BYTES);
    this.#aead = this.#crypto.aead(next);
    next.fill(0);
  }
}

/** Writes the counter over `nonce` and gives it back. @param counter a safe integer, else RangeError */
export function nonceOf(counter: number, nonce: Uint8Array = new Uint8Array(NONCE_BYTES)): Uint8Array {
  if (!Number.isSafeInteger(counter)) throw new RangeError('counter exhausted');
  let rest = counter;
  for (let at = NONCE_BYTES - 1; at >= 4; at--) {
    nonce[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return nonce;
}

/** 2^64 - 1, kept for REKEY alone. */
function lastNonce(): Uint8Array {
  return new Uint8Array(NONCE_BYTES).fill(0xff, 4);
}
