import { createCipheriv, createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { ascii, isSame, uint, zeros, type Bytes } from './bytes.ts';

export const sha256 = (bytes: Bytes): number[] => [...createHash('sha256').update(Buffer.from(bytes)).digest()];
export const hmac = (key: Bytes, bytes: Bytes): number[] => [...createHmac('sha256', Buffer.from(key)).update(Buffer.from(bytes)).digest()];

/** RFC 5869. */
export function hkdf(secret: Bytes, salt: Bytes, info: Bytes, count = 32): number[] {
  const key = hmac(salt.length === 0 ? zeros(32) : salt, secret);
  const out: number[] = [];
  for (let block: number[] = [], number = 1; out.length < count; number++) {
    block = hmac(key, [...block, ...info, number]);
    out.push(...block);
  }
  return out.slice(0, count);
}

export const derive = (secret: Bytes, label: string): number[] => hkdf(secret, [], ascii(label));

// RFC 8410: X25519 keys as PKCS #8 and SPKI
const privateKeyOf = (raw: Bytes) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), Buffer.from(raw)]),
    format: 'der',
    type: 'pkcs8',
  });
const publicKeyOf = (raw: Bytes) =>
  createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), Buffer.from(raw)]), format: 'der', type: 'spki' });

export const publicHalf = (raw: Bytes): number[] => [
  ...createPublicKey(privateKeyOf(raw)).export({ format: 'der', type: 'spki' }).subarray(-32),
];

export function x25519(privateRaw: Bytes, publicRaw: Bytes): number[] {
  const shared = [...diffieHellman({ privateKey: privateKeyOf(privateRaw), publicKey: publicKeyOf(publicRaw) })];
  if (shared.every((byte) => byte === 0)) throw new Error('a low-order point');
  return shared;
}

const nonceOf = (counter: number): Buffer => Buffer.from([...zeros(4), ...uint(8, counter)]);
const lastNonce = Buffer.from([0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]);

function seal(key: Bytes, nonce: Buffer, associated: Bytes, plain: Bytes): number[] {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key), nonce).setAAD(Buffer.from(associated));
  return [...cipher.update(Buffer.from(plain)), ...cipher.final(), ...cipher.getAuthTag()];
}

function open(key: Bytes, nonce: Buffer, associated: Bytes, sealed: Bytes): number[] {
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key), nonce).setAAD(Buffer.from(associated));
  decipher.setAuthTag(Buffer.from(sealed.slice(-16)));
  return [...decipher.update(Buffer.from(sealed.slice(0, -16))), ...decipher.final()];
}

export const rekeyed = (key: Bytes): number[] => seal(key, lastNonce, [], zeros(32)).slice(0, 32);

/** Noise_IKpsk1_25519_AESGCM_SHA256, the initiator's half. */
export class Handshake {
  hash: Bytes;
  chainingKey: Bytes;
  #key: Bytes = [];
  #counter = 0;
  readonly #own: Bytes;
  readonly #ephemeral: Bytes;
  readonly #remote: Bytes;
  readonly #psk: Bytes;

  constructor(purpose: 1 | 2, keys: { readonly own: Bytes; readonly ephemeral: Bytes; readonly remote: Bytes; readonly psk: Bytes }) {
    this.#own = keys.own;
    this.#ephemeral = keys.ephemeral;
    this.#remote = keys.remote;
    this.#psk = keys.psk;
    const name = ascii('Noise_IKpsk1_25519_AESGCM_SHA256');
    this.hash = name.length <= 32 ? [...name, ...zeros(32 - name.length)] : sha256(name);
    this.chainingKey = this.hash;
    this.#mixHash([...ascii('c2l1'), purpose, ...keys.remote]);
    this.#mixHash(keys.remote);
  }

  message1(): number[] {
    const e = publicHalf(this.#ephemeral);
    this.#mixEphemeral(e);
    this.#mixKey(x25519(this.#ephemeral, this.#remote));
    const s = this.#seal(publicHalf(this.#own));
    this.#mixKey(x25519(this.#own, this.#remote));
    const out = hkdf(this.#psk, this.chainingKey, [], 96);
    this.chainingKey = out.slice(0, 32);
    this.#mixHash(out.slice(32, 64));
    this.#setKey(out.slice(64));
    return [...e, ...s, ...this.#seal([])];
  }

  /** @returns the keys of the two directions: client to device, device to client */
  message2(message: Bytes): { readonly sending: Bytes; readonly receiving: Bytes } {
    if (message.length !== 48) throw new Error('message 2 has 48 bytes');
    const e = message.slice(0, 32);
    this.#mixEphemeral(e);
    this.#mixKey(x25519(this.#ephemeral, e));
    this.#mixKey(x25519(this.#own, e));
    const sealed = message.slice(32);
    open(this.#key, nonceOf(this.#counter), this.hash, sealed);
    this.#mixHash(sealed);
    const out = hkdf([], this.chainingKey, [], 64);
    return { sending: out.slice(0, 32), receiving: out.slice(32) };
  }

  #mixHash(bytes: Bytes): void {
    this.hash = sha256([...this.hash, ...bytes]);
  }

  #mixEphemeral(e: Bytes): void {
    this.#mixHash(e);
    this.#mixKey(e);
  }

  #mixKey(input: Bytes): void {
    const out = hkdf(input, this.chainingKey, [], 64);
    this.chainingKey = out.slice(0, 32);
    this.#setKey(out.slice(32));
  }

  #setKey(key: Bytes): void {
    this.#key = key;
    this.#counter = 0;
  }

  #seal(plain: Bytes): number[] {
    const sealed = seal(this.#key, nonceOf(this.#counter++), this.hash, plain);
    this.#mixHash(sealed);
    return sealed;
  }
}

const sizeFor = (content: number): number => [64, 128, 256, 512].find((size) => content <= size) ?? Math.ceil(content / 1024) * 1024;

export function recordPlaintext(frames: Bytes): number[] {
  const content = [...uint(2, frames.length), ...frames];
  return [...content, ...zeros(sizeFor(content.length) - content.length)];
}

/** One direction of a session's records. */
export class Records {
  #key: Bytes;
  #counter = 0;

  constructor(key: Bytes) {
    this.#key = key;
  }

  seal(frames: Bytes): number[] {
    const record = seal(this.#key, nonceOf(this.#counter), [], recordPlaintext(frames));
    this.#count();
    return record;
  }

  open(record: Bytes): number[] {
    const plain = open(this.#key, nonceOf(this.#counter), [], record);
    this.#count();
    const frames = plain.slice(2, 2 + (plain[0] ?? 0) * 256 + (plain[1] ?? 0));
    if (!isSame(plain, recordPlaintext(frames))) throw new Error('padding');
    return frames;
  }

  #count(): void {
    this.#counter++;
    if (this.#counter % 2 ** 20 === 0) this.#key = rekeyed(this.#key);
  }
}
