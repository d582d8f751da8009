import type { MaybePromise } from '../base/maybePromise.ts';

/** One side's X25519 key (RFC 7748). The private half stays inside; in a browser it may not be extractable. */
export interface DhKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The raw shared secret. @throws (or rejects) when the result is all zero (RFC 7748, section 6.1) */
  dh(remotePublicKey: Uint8Array): MaybePromise<Uint8Array>;
}

/** AES-256-GCM with a fixed key (NIST SP 800-38D). Synchronous on every side, so that records keep their order. */
export interface Aead {
  /** Ciphertext followed by the 16-byte tag. @param nonce 12 bytes */
  seal(nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** @throws when the tag does not fit */
  open(nonce: Uint8Array, associatedData: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

/** All the cryptography the product uses. `secure/node` stands on node:crypto, `secure/nobleCrypto` runs anywhere. */
export interface CryptoPort {
  sha256(data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** @param key 32 bytes */
  aead(key: Uint8Array): Aead;
  /** @param privateKey 32 bytes, from a cryptographic source */
  importKey(privateKey: Uint8Array): DhKey;
}
