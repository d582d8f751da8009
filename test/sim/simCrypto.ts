import { toHex } from '../../src/base/bytes.ts';
import type { CryptoPort, DhKey } from '../../src/secure/crypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { modelCrypto } from './modelCrypto.ts';

/** One world in so many runs on the real cryptography; the others on a model of it. */
const REAL_EVERY = 8;

/** A world's cryptography, watched: no key ever seals two records under one nonce, whoever holds it. */
export function watchedCrypto(seed: number): CryptoPort {
  const inner = seed % REAL_EVERY === 0 ? withSharedSecrets(nodeCrypto) : modelCrypto;
  const nonces = new NonceWatch();
  return {
    ...inner,
    aead(key) {
      const aead = inner.aead(key);
      const used = nonces.of(toHex(key));
      return {
        open: (nonce, associatedData, ciphertext) => aead.open(nonce, associatedData, ciphertext),
        seal(nonce, associatedData, plaintext) {
          used.use(nonce);
          return aead.seal(nonce, associatedData, plaintext);
        },
      };
    },
  };
}

/** Nonces by key, however often the key is imported. */
class NonceWatch {
  readonly #byKey = new Map<string, UsedNonces>();

  of(key: string): UsedNonces {
    let used = this.#byKey.get(key);
    if (!used) this.#byKey.set(key, (used = new UsedNonces()));
    return used;
  }
}

class UsedNonces {
  readonly #used = new Set<number>();

  use(nonce: Uint8Array): void {
    const view = new DataView(nonce.buffer, nonce.byteOffset, nonce.byteLength);
    const high = view.getUint32(4);
    // 2^64 - 1 belongs to REKEY; all others of a world's life are small.
    const number = high === 0xffff_ffff ? -1 : high * 2 ** 32 + view.getUint32(8);
    if (view.getUint32(0) !== 0 || this.#used.has(number)) throw new Error(`nonce ${String(number)} is used twice under one key`);
    this.#used.add(number);
  }
}

/** What the two ends of a handshake compute alike is computed once: X25519(a, B) is X25519(b, A). */
function withSharedSecrets(inner: CryptoPort): CryptoPort {
  const shared = new Map<string, Uint8Array>();
  return { ...inner, importKey: (privateKey) => sharingKey(inner.importKey(privateKey), shared) };
}

function sharingKey(key: DhKey, shared: Map<string, Uint8Array>): DhKey {
  const own = toHex(key.publicKey);
  return {
    publicKey: key.publicKey,
    dh(remotePublicKey) {
      const other = toHex(remotePublicKey);
      const pair = own < other ? `${own}${other}` : `${other}${own}`;
      const known = shared.get(pair);
      if (known) return known.slice();
      const secret = key.dh(remotePublicKey);
      if (!(secret instanceof Promise)) shared.set(pair, secret.slice());
      return secret;
    },
  };
}
