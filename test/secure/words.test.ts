import { wordlist } from '@scure/bip39/wordlists/english.js';
import assert from 'node:assert/strict';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { hkdf } from '../../src/secure/hkdf.ts';
import { nobleCrypto } from '../../src/secure/nobleCrypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { wordsOf } from '../../src/secure/words.ts';
import { createPair, handshake } from './handshakePair.ts';

describe('the six words', () => {
  it('are the same at both ends of a handshake, and others in the next', async () => {
    const { client, device } = await handshake(createPair());
    assert.deepEqual(wordsOf(nobleCrypto, client.handshakeHash), wordsOf(nodeCrypto, device.handshakeHash));
    const next = await handshake(createPair({ seed: 2 }));
    assert.notDeepEqual(wordsOf(nodeCrypto, next.client.handshakeHash), wordsOf(nodeCrypto, client.handshakeHash));
  });

  it('spell the first 66 bits', () => {
    const hash = new Uint8Array(32).fill(5);
    const derived = hkdf(nodeCrypto, hash, new Uint8Array(0), utf8('c2l words'), 9);
    const bits = [...derived].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const spelled = wordsOf(nodeCrypto, hash).map((word) => wordlist.indexOf(word).toString(2).padStart(11, '0'));
    assert.equal(spelled.join(''), bits.slice(0, 66));
  });

  it('come from the list of BIP-39, whose words stay as they are', () => {
    assert.equal(wordlist.length, 2048);
    assert.equal(
      toHex(nodeCrypto.sha256(utf8(`${wordlist.join('\n')}\n`))),
      '2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda',
    );
    assert.equal(wordsOf(nodeCrypto, new Uint8Array(32)).join(' '), 'start blame inch punch carpet excess');
  });
});
