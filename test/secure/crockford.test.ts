import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concatBytes, DecodeError } from '../../src/base/bytes.ts';
import { fromCrockford, toCrockford } from '../../src/secure/crockford.ts';

describe('Crockford’s base32', () => {
  it('reads what it wrote, for whole groups of bytes', () => {
    const groups = fc.array(fc.uint8Array({ minLength: 5, maxLength: 5 }), { maxLength: 8 });
    fc.assert(
      fc.property(groups, (all) => {
        const bytes = concatBytes(...all);
        assert.deepEqual(fromCrockford(toCrockford(bytes, all.length * 8), all.length * 8), bytes);
      }),
    );
  });

  it('counts bits from the first', () => {
    assert.equal(toCrockford(Uint8Array.of(0b00001_000, 0b10_00011_0, 0b0100_0000), 4), '1234');
    assert.equal(toCrockford(new Uint8Array(5).fill(255), 8), 'ZZZZZZZZ');
    assert.deepEqual(fromCrockford('1234', 4), Uint8Array.of(0b00001_000, 0b10_00011_0, 0b0100_0000));
  });

  it('forgives case, spaces, dashes, and the letters that look like digits', () => {
    for (const text of ['10ab', '1OAB', 'iOab', 'l0Ab', ' 1-0\ta B\n', '1–0—A‑B'])
      assert.deepEqual(fromCrockford(text, 4), fromCrockford('10AB', 4), text);
  });

  it('refuses U, signs, and any other count of characters', () => {
    for (const text of ['10AU', '10A!', '10A', '10ABC', '', '10A\u0000', 'ÄÖÜ1', `1${' '.repeat(20)}0AB`]) {
      assert.throws(() => fromCrockford(text, 4), DecodeError, text);
    }
  });
});
