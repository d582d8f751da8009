import assert from 'node:assert/strict';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { hkdf } from '../../src/secure/hkdf.ts';
import { labels } from '../../src/secure/labels.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';

/** RFC 5869, appendix A.1 to A.3. */
const cases = [
  {
    secret: '0b'.repeat(22),
    salt: '000102030405060708090a0b0c',
    info: 'f0f1f2f3f4f5f6f7f8f9',
    out: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  {
    secret: range(0x00, 80),
    salt: range(0x60, 80),
    info: range(0xb0, 80),
    out:
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09' +
      'da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  },
  {
    secret: '0b'.repeat(22),
    salt: '',
    info: '',
    out: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  },
];

function range(from: number, count: number): string {
  return toHex(Uint8Array.from({ length: count }, (_, i) => from + i));
}

describe('hkdf', () => {
  cases.forEach(({ secret, salt, info, out }, index) => {
    it(`gives what RFC 5869 says in test case ${String(index + 1)}`, () => {
      const derived = hkdf(nodeCrypto, fromHex(secret), fromHex(salt), fromHex(info), out.length / 2);
      assert.equal(toHex(derived), out);
    });
  });

  it('refuses more bytes than HKDF can give', () => {
    assert.throws(() => hkdf(nodeCrypto, fromHex('0b'), fromHex(''), fromHex(''), 255 * 32 + 1), RangeError);
  });

  it('is never given the same label for two uses', () => {
    const all = Object.values(labels);
    assert.equal(new Set(all).size, all.length);
  });
});
