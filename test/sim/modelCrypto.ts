import { DecodeError } from '../../src/base/bytes.ts';
import type { Aead, CryptoPort, DhKey } from '../../src/secure/crypto.ts';

const TAG_BYTES = 16;
const LANES = 8;

/**
 * A model of the cryptography, for worlds in which time is dear: the same sizes, the same refusals, no secrecy at all. Another key, nonce
 * or byte does not open; a shared secret is the same from both sides. Every eighth seed runs on the real one.
 */
export const modelCrypto: CryptoPort = {
  sha256: (data) => digest(0x5eed, [data]),
  hmacSha256: (key, data) => digest(0x4ac, [key, data]),
  aead: (key) => new ModelAead(key),
  importKey: (privateKey) => new ModelKey(digest(0xce7, [privateKey])),
};

class ModelKey implements DhKey {
  readonly publicKey: Uint8Array;

  constructor(publicKey: Uint8Array) {
    this.publicKey = publicKey;
  }

  dh(remotePublicKey: Uint8Array): Uint8Array {
    if (remotePublicKey.length !== this.publicKey.length) throw new RangeError('a key of another length');
    const [first, second] = isBefore(this.publicKey, remotePublicKey)
      ? [this.publicKey, remotePublicKey]
      : [remotePublicKey, this.publicKey];
    return digest(0xd4, [first, second]);
  }
}

class ModelAead implements Aead {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key.slice();
  }

  seal(nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const out = new Uint8Array(plaintext.length + TAG_BYTES);
    out.set(plaintext);
    const state = absorb(0xae, [this.#key, nonce, associatedData]);
    disguise(out.subarray(0, plaintext.length), state[0] ?? 0);
    out.set(this.#tag(state, out.subarray(0, plaintext.length)), plaintext.length);
    return out;
  }

  open(nonce: Uint8Array, associatedData: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const length = ciphertext.length - TAG_BYTES;
    if (length < 0) throw new DecodeError('ciphertext shorter than its tag');
    const out = ciphertext.slice(0, length);
    const state = absorb(0xae, [this.#key, nonce, associatedData]);
    const tag = this.#tag(state, out);
    for (let at = 0; at < TAG_BYTES; at++) if (tag[at] !== ciphertext[length + at]) throw new DecodeError('the tag does not fit');
    disguise(out, state[0] ?? 0);
    return out;
  }

  #tag(start: Uint32Array, data: Uint8Array): Uint8Array {
    const state = start.slice();
    mix(state, data);
    return finish(state).subarray(0, TAG_BYTES);
  }
}

function digest(label: number, parts: readonly Uint8Array[]): Uint8Array {
  return finish(absorb(label, parts));
}

function absorb(label: number, parts: readonly Uint8Array[]): Uint32Array {
  const state = new Uint32Array(LANES);
  for (let lane = 0; lane < LANES; lane++) state[lane] = Math.imul(label + lane, 0x9e37_79b1);
  for (const part of parts) mix(state, part);
  return state;
}

/** Takes in the length and every byte, four to a word. */
function mix(state: Uint32Array, data: Uint8Array): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const whole = data.length & ~3;
  let word = 0;
  for (let at = 0; at < whole; at += 4, word++) stir(state, word % LANES, view.getUint32(at, true));
  for (let at = whole; at < data.length; at++, word++) stir(state, word % LANES, (data[at] ?? 0) + 0x100);
  stir(state, word % LANES, data.length ^ 0x5bd1_e995);
  for (let lane = 0; lane < LANES; lane++) stir(state, (lane + 1) % LANES, state[lane] ?? 0);
}

function stir(state: Uint32Array, lane: number, word: number): void {
  const mixed = Math.imul((state[lane] ?? 0) ^ word, 0x85eb_ca6b);
  state[lane] = (mixed << 13) | (mixed >>> 19);
}

function finish(state: Uint32Array): Uint8Array {
  for (let round = 0; round < 2; round++)
    for (let lane = 0; lane < LANES; lane++) stir(state, lane, (state[(lane + LANES - 1) % LANES] ?? 0) ^ ((state[lane] ?? 0) >>> 15));
  return new Uint8Array(state.buffer.slice(0));
}

/** Changes every byte, and back again. */
function disguise(bytes: Uint8Array, seed: number): void {
  let key = seed | 1;
  for (let at = 0; at < bytes.length; at++) {
    key = Math.imul(key, 0x0019_660d) + 0x3c6e_f35f;
    bytes[at] = (bytes[at] ?? 0) ^ (key >>> 24);
  }
}

function isBefore(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < a.length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
