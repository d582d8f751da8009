import { concatBytes, emptyBytes, utf8 } from '../base/bytes.ts';
import { CipherState } from './cipherState.ts';
import type { CryptoPort } from './crypto.ts';
import { hkdf } from './hkdf.ts';

const HASH_BYTES = 32;

/** Noise's SymmetricState (revision 34, section 5.2) with SHA-256: what both ends have seen and agreed on so far. */
export class SymmetricState {
  readonly #crypto: CryptoPort;
  #hash: Uint8Array;
  #chainingKey: Uint8Array;
  #cipher: CipherState | undefined;

  constructor(crypto: CryptoPort, protocolName: string) {
    this.#crypto = crypto;
    const name = utf8(protocolName);
    this.#hash = name.length <= HASH_BYTES ? concatBytes(name, new Uint8Array(HASH_BYTES - name.length)) : crypto.sha256(name);
    this.#chainingKey = this.#hash;
  }

  /** The hash over everything so far; after the last message it names this session (section 11.2). */
  get hash(): Uint8Array {
    return this.#hash;
  }

  get chainingKey(): Uint8Array {
    return this.#chainingKey;
  }

  get hasKey(): boolean {
    return this.#cipher !== undefined;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = this.#crypto.sha256(concatBytes(this.#hash, data));
  }

  mixKey(input: Uint8Array): void {
    const [chainingKey, key] = this.#derive2(input);
    this.#chainingKey = chainingKey;
    this.#cipher = new CipherState(this.#crypto, key);
  }

  /** For a pre-shared key (section 9.2). */
  mixKeyAndHash(input: Uint8Array): void {
    const out = hkdf(this.#crypto, input, this.#chainingKey, emptyBytes, 3 * HASH_BYTES);
    this.#chainingKey = out.subarray(0, HASH_BYTES);
    this.mixHash(out.subarray(HASH_BYTES, 2 * HASH_BYTES));
    this.#cipher = new CipherState(this.#crypto, out.subarray(2 * HASH_BYTES));
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher ? this.#cipher.encrypt(this.#hash, plaintext) : plaintext;
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /** @throws when the ciphertext is not what the other end sealed after the same history */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#cipher ? this.#cipher.decrypt(this.#hash, ciphertext) : ciphertext;
    this.mixHash(ciphertext);
    return plaintext;
  }

  /** The two directions: first what the initiator sends, then what the responder sends. */
  split(): readonly [CipherState, CipherState] {
    const [first, second] = this.#derive2(emptyBytes);
    return [new CipherState(this.#crypto, first), new CipherState(this.#crypto, second)];
  }

  #derive2(input: Uint8Array): readonly [Uint8Array, Uint8Array] {
    const out = hkdf(this.#crypto, input, this.#chainingKey, emptyBytes, 2 * HASH_BYTES);
    return [out.subarray(0, HASH_BYTES), out.subarray(HASH_BYTES)];
  }
}
