import { wordlist } from '@scure/bip39/wordlists/english.js';
import assert from 'node:assert/strict';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { hkdf } from '../../src/secure/hkdf.ts';
import { nobleCrypto } from '../../src/secure/nobleCrypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { wordsOf, wordsOfPairing } from '../../src/secure/words.ts';

describe('the six words', () => {
  it('are the same in every runtime, and others for another offer, device or client', () => {
    const [psk, device, client, other] = [1, 2, 3, 4].map((byte) => new Uint8Array(32).fill(byte)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const words = wordsOfPairing(nobleCrypto, psk, device, client);
    assert.equal(words.length, 6);
    assert.deepEqual(words, wordsOfPairing(nodeCrypto, psk, device, client));
    for (const others of [
      wordsOfPairing(nodeCrypto, other, device, client),
      wordsOfPairing(nodeCrypto, psk, other, client),
      wordsOfPairing(nodeCrypto, psk, device, other),
      wordsOfPairing(nodeCrypto, psk, client, device),
    ])
      assert.notDeepEqual(others, words);
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
