import * as nodeCryptoModule from 'node:crypto';
import { concatBytes, isAllZero } from '../../base/bytes.ts';
import type { Aead, CryptoPort, DhKey } from '../crypto.ts';

const KEY_BYTES = 32;
const TAG_BYTES = 16;
/** PKCS #8 and SubjectPublicKeyInfo around a raw X25519 key (RFC 8410, section 7 and 4). */
const privateKeyPrefix = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20]);
const publicKeyPrefix = Uint8Array.from([0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 0x21, 0]);

/** The port on node:crypto. Everything is synchronous. */
export const nodeCrypto: CryptoPort = {
  sha256: (data) => plain(nodeCryptoModule.createHash('sha256').update(data).digest()),
  hmacSha256: (key, data) => plain(nodeCryptoModule.createHmac('sha256', key).update(data).digest()),
  aead: (key) => new NodeAead(key),
  importKey: (privateKey) => new NodeDhKey(privateKey),
};

class NodeAead implements Aead {
  // a raw key would be imported anew for each record, which costs five times the encryption of a short one
  readonly #key: nodeCryptoModule.KeyObject;

  constructor(key: Uint8Array) {
    if (key.length !== KEY_BYTES) throw new RangeError(`AES-256 key of ${String(key.length)} bytes`);
    this.#key = nodeCryptoModule.createSecretKey(key);
  }

  seal(nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const cipher = nodeCryptoModule.createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES });
    // none at all gives the same tag as an empty one, and costs nothing
    if (associatedData.length > 0) cipher.setAAD(associatedData);
    const out = new Uint8Array(plaintext.length + TAG_BYTES);
    out.set(cipher.update(plaintext));
    cipher.final();
    out.set(cipher.getAuthTag(), plaintext.length);
    return out;
  }

  open(nonce: Uint8Array, associatedData: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const length = ciphertext.length - TAG_BYTES;
    if (length < 0) throw new Error('ciphertext shorter than its tag');
    const decipher = nodeCryptoModule.createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES });
    if (associatedData.length > 0) decipher.setAAD(associatedData);
    decipher.setAuthTag(ciphertext.subarray(length));
    const { buffer, byteOffset, byteLength } = decipher.update(ciphertext.subarray(0, length));
    decipher.final();
    // a plain view: the bytes are this call's own, only their class is one whose `slice` copies nothing
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
}

class NodeDhKey implements DhKey {
  readonly publicKey: Uint8Array;
  readonly #privateKey: nodeCryptoModule.KeyObject;

  constructor(privateKey: Uint8Array) {
    if (privateKey.length !== KEY_BYTES) throw new RangeError(`X25519 key of ${String(privateKey.length)} bytes`);
    const der = Buffer.from(concatBytes(privateKeyPrefix, privateKey));
    this.#privateKey = nodeCryptoModule.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    der.fill(0);
    const spki = nodeCryptoModule.createPublicKey(this.#privateKey).export({ format: 'der', type: 'spki' });
    this.publicKey = plain(spki.subarray(publicKeyPrefix.length));
  }

  dh(remotePublicKey: Uint8Array): Uint8Array {
    if (remotePublicKey.length !== KEY_BYTES) throw new RangeError(`X25519 key of ${String(remotePublicKey.length)} bytes`);
    const der = Buffer.from(concatBytes(publicKeyPrefix, remotePublicKey));
    const publicKey = nodeCryptoModule.createPublicKey({ key: der, format: 'der', type: 'spki' });
    const secret = plain(nodeCryptoModule.diffieHellman({ privateKey: this.#privateKey, publicKey }));
    // OpenSSL refuses low-order points by itself; other builds of Node may not
    if (isAllZero(secret)) throw new Error('X25519 with a low-order point');
    return secret;
  }
}

/** Node answers with Buffers, whose `slice` is a view; the neutral rooms expect a Uint8Array. */
function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer);
}
