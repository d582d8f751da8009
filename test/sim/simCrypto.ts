import { toHex } from '../../src/base/bytes.ts';
import type { CryptoPort } from '../../src/secure/crypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';

/** The product's cryptography, watched: no key ever seals two records under one nonce, whoever holds it. */
export function watchedCrypto(): CryptoPort {
  const used = new Map<string, Set<string>>();
  return {
    ...nodeCrypto,
    aead(key) {
      const inner = nodeCrypto.aead(key);
      const name = toHex(key);
      return {
        open: (nonce, associatedData, ciphertext) => inner.open(nonce, associatedData, ciphertext),
        seal(nonce, associatedData, plaintext) {
          const nonces = used.get(name) ?? new Set();
          used.set(name, nonces);
          const number = toHex(nonce);
          if (nonces.has(number)) throw new Error(`nonce ${number} is used twice under one key`);
          nonces.add(number);
          return inner.seal(nonce, associatedData, plaintext);
        },
      };
    },
  };
}
