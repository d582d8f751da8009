import assert from 'node:assert/strict';
import { modelCrypto } from './modelCrypto.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { watchedCrypto } from './simCrypto.ts';

const random = new SeededRandom(5);
const key = random.bytes(32);
const nonce = random.bytes(12);
const none = new Uint8Array(0);

describe('model of the cryptography', () => {
  it('opens what it has sealed, of any length, and nothing that differs in one byte, key, nonce or data', () => {
    const aead = modelCrypto.aead(key);
    for (const length of [0, 1, 3, 4, 31, 32, 64, 1_000]) {
      const text = random.bytes(length);
      const sealed = aead.seal(nonce, none, text);
      assert.equal(sealed.length, length + 16);
      assert.deepEqual(aead.open(nonce, none, sealed), text);
      for (let at = 0; at < sealed.length; at += 7) {
        const changed = sealed.slice();
        changed[at] = (changed[at] ?? 0) ^ 1;
        assert.throws(() => aead.open(nonce, none, changed));
      }
      assert.throws(() => aead.open(random.bytes(12), none, sealed));
      assert.throws(() => aead.open(nonce, Uint8Array.of(1), sealed));
      assert.throws(() => modelCrypto.aead(random.bytes(32)).open(nonce, none, sealed));
    }
  });

  it('shares a secret between two keys and no third', () => {
    const [a, b, c] = [modelCrypto.importKey(random.bytes(32)), modelCrypto.importKey(random.bytes(32)), modelCrypto.importKey(key)];
    assert.deepEqual(a.dh(b.publicKey), b.dh(a.publicKey));
    assert.notDeepEqual(a.dh(c.publicKey), a.dh(b.publicKey));
  });

  it('is watched like the real one: a nonce that comes again under its key is refused', () => {
    const [first, second] = [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0)];
    for (const seed of [1, 8]) {
      const crypto = watchedCrypto(seed);
      crypto.aead(key).seal(first, none, none);
      crypto.aead(key).seal(second, none, none);
      crypto.aead(key.toReversed()).seal(first, none, none);
      assert.throws(() => crypto.aead(key).seal(first, none, none), /nonce 1 is used twice/);
    }
  });
});
