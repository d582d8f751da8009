import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nobleCrypto } from '../../src/secure/nobleCrypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { cryptoPortConformance } from './cryptoPort.conformance.ts';

cryptoPortConformance('nodeCrypto', nodeCrypto);
cryptoPortConformance('nobleCrypto', nobleCrypto);

describe('the two CryptoPorts together', () => {
  const bytes = (count: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: count, maxLength: count });

  it('open what the other sealed', () => {
    fc.assert(
      fc.property(
        bytes(32),
        bytes(12),
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 2000 }),
        (key, nonce, ad, plaintext) => {
          const [node, noble] = [nodeCrypto.aead(key), nobleCrypto.aead(key)];
          assert.deepEqual(noble.open(nonce, ad, node.seal(nonce, ad, plaintext)), plaintext);
          assert.deepEqual(node.open(nonce, ad, noble.seal(nonce, ad, plaintext)), plaintext);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('agree on keys, secrets and hashes', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), (a, b) => {
        const [node, noble] = [nodeCrypto.importKey(a), nobleCrypto.importKey(a)];
        const remote = nodeCrypto.importKey(b).publicKey;
        assert.deepEqual(node.publicKey, noble.publicKey);
        assert.deepEqual(node.dh(remote), noble.dh(remote));
        assert.deepEqual(nodeCrypto.sha256(a), nobleCrypto.sha256(a));
        assert.deepEqual(nodeCrypto.hmacSha256(a, b), nobleCrypto.hmacSha256(a, b));
      }),
      { numRuns: 20 },
    );
  });
});
