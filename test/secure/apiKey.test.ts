import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { API_KEY_LENGTH, deriveApiKey, formatApiKey, generateApiKey, parseApiKey } from '../../src/secure/apiKey.ts';
import { nobleCrypto } from '../../src/secure/nobleCrypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

const secret = Uint8Array.from({ length: 32 }, (_, index) => index);
const deviceKey = Uint8Array.from({ length: 32 }, (_, index) => 224 + index);
const key = 'c2l_4OHi4-Tl5ufo6err7O3u7_Dx8vP09fb3-Pn6-_z9_v8_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

function refusal(text: string): string | undefined {
  try {
    parseApiKey(text);
  } catch (error) {
    assert.ok(error instanceof TunnelError);
    assert.equal(error.code, 'badApiKey');
    return error.detail;
  }
  assert.fail(`taken: ${text}`);
}

describe('an API key', () => {
  it('has characters that stay as they are', () => {
    assert.equal(formatApiKey({ deviceKey, secret }), key);
    assert.deepEqual(parseApiKey(key), { deviceKey, secret });
    assert.equal(key.length, API_KEY_LENGTH);
  });

  // Computed with Python's hashlib and hmac, the public key by RFC 7748's ladder.
  it('gives dial token, psk and client key by three labels that stay as they are', () => {
    for (const crypto of [nodeCrypto, nobleCrypto]) {
      const { dialToken, dialHash, psk, staticKey } = deriveApiKey(crypto, secret);
      assert.deepEqual([dialToken, dialHash, psk, staticKey.publicKey].map(toHex), [
        '075afd24977826c925b97ce32765334c53c636006957872c06ecdc4ce0eef1e2',
        '7fe23cf7553f6754f9b7c68c1507403aa4c40cd5cb1ae253a94049c354dc2aa7',
        '1a34befda522bcb56ed04af5b0ccca8b0744bbf11201fc370feadcd4ddc31644',
        '5cdeddaa453ae70abe6f8aa7e972a7ad032265e216fa5a45b7eabf7f4c48a956',
      ]);
    }
  });

  it('comes back from its text, whatever its bytes', () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(bytes, bytes, (device, own) => {
        assert.deepEqual(parseApiKey(formatApiKey({ deviceKey: device, secret: own })), { deviceKey: device, secret: own });
      }),
    );
  });

  it('is refused when anything about it is wrong, by what is wrong', () => {
    assert.equal(refusal(''), 'a key begins with c2l_');
    assert.equal(refusal(`sk-${key.slice(3)}`), 'a key begins with c2l_');
    assert.equal(refusal(key.slice(0, -1)), 'a key has 91 characters');
    assert.equal(refusal(`${key}A`), 'a key has 91 characters');
    assert.equal(refusal(key.replace('_AAEC', '-AAEC')), 'a character is wrong');
    assert.equal(refusal(key.replace('AAEC', 'AA=C')), 'a character is wrong');
    assert.equal(refusal(key.replace('4OHi', '4O i')), 'a character is wrong');
  });

  it('has one form alone: stray bits at an end are refused', () => {
    assert.equal(refusal(`${key.slice(0, -1)}9`), 'a character is wrong');
    assert.equal(refusal(key.replace('_v8_', '_v9_')), 'a character is wrong');
  });

  it('is a new secret each time', () => {
    const random = new SeededRandom(1);
    const [one, other] = [generateApiKey(random, deviceKey), generateApiKey(random, deviceKey)];
    assert.notDeepEqual(one.secret, other.secret);
    assert.deepEqual(one.deviceKey, fromHex(toHex(deviceKey)));
  });
});
