import assert from 'node:assert/strict';
import type { CryptoPort } from '../../src/secure/crypto.ts';
import { nobleCrypto } from '../../src/secure/nobleCrypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { soundCrypto } from '../../src/secure/node/soundCrypto.ts';
import { isSound } from '../../src/secure/selfTest.ts';

const zeros = new Uint8Array(32);

describe('the self-test of a CryptoPort', () => {
  it('passes both of ours, and takes Node’s own here', () => {
    assert.equal(isSound(nodeCrypto), true);
    assert.equal(isSound(nobleCrypto), true);
    assert.equal(soundCrypto(), nodeCrypto);
  });

  const broken: Record<string, Partial<CryptoPort>> = {
    'a wrong hash': { sha256: () => zeros },
    'a wrong MAC': { hmacSha256: () => zeros },
    'a cipher that does nothing': { aead: () => ({ seal: (_nonce, _ad, text) => text, open: (_nonce, _ad, text) => text }) },
    'a curve that takes low-order points': { importKey: (raw) => ({ ...nodeCrypto.importKey(raw), dh: () => zeros }) },
    'a curve that is missing': {
      importKey: () => {
        throw new Error('unsupported');
      },
    },
    'DH that has to be waited for': {
      importKey: (raw) => ({ ...nodeCrypto.importKey(raw), dh: (remote) => Promise.resolve(nodeCrypto.importKey(raw).dh(remote)) }),
    },
    'a curve that forgets to refuse': {
      importKey: (raw) => {
        const key = nodeCrypto.importKey(raw);
        return { publicKey: key.publicKey, dh: (remote) => (remote.every((byte) => byte === 0) ? zeros : key.dh(remote)) };
      },
    },
  };
  for (const [what, part] of Object.entries(broken)) {
    it(`finds ${what}`, () => {
      assert.equal(isSound({ ...nodeCrypto, ...part }), false);
    });
  }
});
