import { gcm } from '@noble/ciphers/aes.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { isAllZero } from '../base/bytes.ts';
import type { Aead, CryptoPort, DhKey } from './crypto.ts';

/** The port on the noble libraries: JavaScript alone, synchronous, for the page and for runtimes whose own cryptography lacks something. */
export const nobleCrypto: CryptoPort = {
  sha256: (data) => sha256(data),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  aead: createAead,
  importKey: createDhKey,
};

function createAead(key: Uint8Array): Aead {
  if (key.length !== 32) throw new RangeError(`AES-256 key of ${String(key.length)} bytes`);
  const ownKey = key.slice();
  return {
    seal: (nonce, associatedData, plaintext) => gcm(ownKey, nonce, associatedData).encrypt(plaintext),
    open: (nonce, associatedData, ciphertext) => gcm(ownKey, nonce, associatedData).decrypt(ciphertext),
  };
}

function createDhKey(privateKey: Uint8Array): DhKey {
  const ownKey = privateKey.slice();
  return {
    publicKey: x25519.getPublicKey(ownKey),
    dh(remotePublicKey) {
      const secret = x25519.getSharedSecret(ownKey, remotePublicKey);
      if (isAllZero(secret)) throw new Error('X25519 with a low-order point');
      return secret;
    },
  };
}
