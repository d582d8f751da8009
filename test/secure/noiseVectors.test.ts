import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import assert from 'node:assert/strict';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import type { CryptoPort } from '../../src/secure/crypto.ts';
import { HandshakeState, type HandshakeKeys, type HandshakePattern } from '../../src/secure/handshakeState.ts';
import { createInitiator, createResponder } from '../../src/secure/noise.ts';
import { nobleCrypto } from '../../src/secure/nobleCrypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import file from '../golden/noise-vectors.json' with { type: 'json' };
import { fixedRandom } from './handshakePair.ts';

const empty = new Uint8Array(0);

/** Patterns that the product does not offer prove the parts beneath the one that it does. */
const patterns: Record<string, HandshakePattern['messages']> = {
  IK: [
    ['e', 'es', 's', 'ss'],
    ['e', 'ee', 'se'],
  ],
  IKpsk1: [
    ['e', 'es', 's', 'ss', 'psk'],
    ['e', 'ee', 'se'],
  ],
  IKpsk2: [
    ['e', 'es', 's', 'ss'],
    ['e', 'ee', 'se', 'psk'],
  ],
};

/** Noise's ChaChaPoly counts in little-endian (section 12.3), our nonces in big-endian. */
const chachaCrypto: CryptoPort = {
  ...nobleCrypto,
  aead(key) {
    const ownKey = key.slice();
    const turned = (nonce: Uint8Array): Uint8Array => Uint8Array.from([...nonce.subarray(0, 4), ...[...nonce.subarray(4)].reverse()]);
    return {
      seal: (nonce, ad, plaintext) => chacha20poly1305(ownKey, turned(nonce), ad).encrypt(plaintext),
      open: (nonce, ad, ciphertext) => chacha20poly1305(ownKey, turned(nonce), ad).decrypt(ciphertext),
    };
  },
};

type Vector = (typeof file.vectors)[number];

function sides(crypto: CryptoPort, vector: Vector): { initiator: HandshakeState; responder: HandshakeState } {
  const [, name = ''] = vector.protocol_name.split('_');
  const pattern = { protocolName: vector.protocol_name, messages: patterns[name] ?? [] };
  const initiator: HandshakeKeys = {
    prologue: fromHex(vector.init_prologue),
    staticKey: crypto.importKey(fromHex(vector.init_static)),
    remoteStatic: fromHex(vector.init_remote_static),
    ...(vector.init_psks?.[0] === undefined ? {} : { psk: fromHex(vector.init_psks[0]) }),
  };
  const responder: HandshakeKeys = {
    prologue: fromHex(vector.resp_prologue),
    staticKey: crypto.importKey(fromHex(vector.resp_static)),
    ...(vector.resp_psks?.[0] === undefined ? {} : { psk: fromHex(vector.resp_psks[0]) }),
  };
  return {
    initiator: new HandshakeState(crypto, fixedRandom(fromHex(vector.init_ephemeral)), pattern, true, initiator),
    responder: new HandshakeState(crypto, fixedRandom(fromHex(vector.resp_ephemeral)), pattern, false, responder),
  };
}

function run(crypto: CryptoPort, vector: Vector): void {
  const { initiator, responder } = sides(crypto, vector);
  const [first, second, ...transport] = vector.messages.map(({ payload, ciphertext }) => ({ payload: fromHex(payload), ciphertext }));
  assert.ok(first && second);
  const message1 = initiator.writeMessage(first.payload) as Uint8Array;
  assert.equal(toHex(message1), first.ciphertext);
  assert.deepEqual(responder.readMessage(message1), first.payload);
  const message2 = responder.writeMessage(second.payload) as Uint8Array;
  assert.equal(toHex(message2), second.ciphertext);
  assert.deepEqual(initiator.readMessage(message2), second.payload);
  assert.equal(toHex(initiator.handshakeHash), vector.handshake_hash);
  assert.equal(toHex(responder.handshakeHash), vector.handshake_hash);
  assert.equal(toHex(responder.remoteStatic), toHex(crypto.importKey(fromHex(vector.init_static)).publicKey));
  const [sealing, opening] = [initiator.split(), responder.split()];
  transport.forEach(({ payload, ciphertext }, index) => {
    const direction = index % 2 === 0 ? 0 : 1;
    assert.equal(toHex(sealing[direction].encrypt(empty, payload)), ciphertext);
    assert.deepEqual(opening[direction].decrypt(empty, fromHex(ciphertext)), payload);
  });
}

describe('the public Noise vectors', () => {
  it('are the four that the file names', () => {
    assert.equal(file.vectors.length, 4);
  });

  for (const vector of file.vectors) {
    const ports: Record<string, CryptoPort> = vector.protocol_name.includes('AESGCM')
      ? { nodeCrypto, nobleCrypto }
      : { 'noble with ChaChaPoly': chachaCrypto };
    for (const [name, crypto] of Object.entries(ports)) {
      it(`hold for ${vector.protocol_name} on ${name}`, () => {
        run(crypto, vector);
      });
    }
  }

  it('agree with the shipped handshake as far as it goes without payloads', () => {
    const vector = file.vectors.find((each) => each.protocol_name === 'Noise_IKpsk1_25519_AESGCM_SHA256');
    const psk = fromHex(vector?.init_psks?.[0] ?? '');
    assert.ok(vector);
    const prologue = fromHex(vector.init_prologue);
    const initiator = createInitiator(nodeCrypto, fixedRandom(fromHex(vector.init_ephemeral)), {
      prologue,
      psk,
      staticKey: nodeCrypto.importKey(fromHex(vector.init_static)),
      remoteStatic: fromHex(vector.init_remote_static),
    });
    const responder = createResponder(nodeCrypto, fixedRandom(fromHex(vector.resp_ephemeral)), {
      prologue,
      psk,
      staticKey: nodeCrypto.importKey(fromHex(vector.resp_static)),
    });
    const message1 = initiator.writeMessage1() as Uint8Array;
    assert.ok(vector.messages[0]?.ciphertext.startsWith(toHex(message1.subarray(0, 80))), 'ephemeral and sealed static key');
    void responder.readMessage1(message1);
  });
});
