import { equalBytes, isAllZero } from '../../base/bytes.ts';
import type { DhKey } from '../crypto.ts';

const algorithm = { name: 'X25519' };
const SECRET_BITS = 256;

/** An X25519 key whose private half stays inside Web Crypto: a script on the page can use it, but cannot carry it away. */
export class WebDhKey implements DhKey {
  readonly publicKey: Uint8Array;
  /** Not extractable. It may be kept in IndexedDB, which some browsers do badly: read it back before relying on it. */
  readonly privateKey: CryptoKey;
  readonly #subtle: SubtleCrypto;

  /** For a key that was kept; {@link generateWebDhKey} makes a new one. @param publicKey 32 bytes */
  constructor(subtle: SubtleCrypto, privateKey: CryptoKey, publicKey: Uint8Array) {
    this.#subtle = subtle;
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  async dh(remotePublicKey: Uint8Array): Promise<Uint8Array> {
    const remote = await this.#subtle.importKey('raw', new Uint8Array(remotePublicKey), algorithm, true, []);
    const secret = new Uint8Array(await this.#subtle.deriveBits({ ...algorithm, public: remote }, this.privateKey, SECRET_BITS));
    // Web Crypto must refuse low-order points by itself; that is too much to rely on
    if (isAllZero(secret)) throw new Error('X25519 with a low-order point');
    return secret;
  }
}

/** @throws (rejects) where the runtime has no X25519 */
export async function generateWebDhKey(subtle: SubtleCrypto): Promise<WebDhKey> {
  const pair = await subtle.generateKey(algorithm, false, ['deriveBits']);
  if (!('privateKey' in pair)) throw new Error('X25519 without a pair');
  const publicKey = new Uint8Array(await subtle.exportKey('raw', pair.publicKey));
  return new WebDhKey(subtle, pair.privateKey, publicKey);
}

/** Whether this runtime makes X25519 keys that agree with each other and do not come out. @param subtle undefined on insecure origins */
export async function canMakeWebDhKeys(subtle: SubtleCrypto | undefined): Promise<boolean> {
  if (!subtle) return false;
  try {
    const [one, other] = await Promise.all([generateWebDhKey(subtle), generateWebDhKey(subtle)]);
    const [here, there] = await Promise.all([one.dh(other.publicKey), other.dh(one.publicKey)]);
    return !one.privateKey.extractable && equalBytes(here, there);
  } catch {
    return false;
  }
}
