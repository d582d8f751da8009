import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DecodeError, utf8 } from '../../src/base/bytes.ts';
import { parseStrictJson } from '../../src/policy/strictJson.ts';

/** Objects whose keys need care when they are cut out of a text. */
const awkwardKey = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('"', '\\', '\\"', '\\\\', '{', '}', '[', ',', ':', '\u2028', 'é'));
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, fc.string(), awkwardKey, fc.integer(), fc.boolean(), fc.constant(null), tie('list'), tie('object')),
  list: fc.array(tie('any'), { maxLength: 4 }),
  object: fc.dictionary(
    awkwardKey.filter((key) => key !== '__proto__'),
    tie('any'),
    { maxKeys: 4 },
  ),
}));

describe('strict JSON', () => {
  it('reads whatever JSON.stringify writes, with blanks or without', () => {
    fc.assert(
      fc.property(value.any, fc.nat(3), (json, indent) => {
        const text = JSON.stringify(json, null, indent);
        assert.deepEqual(parseStrictJson(utf8(text)), JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it('finds a key that stands twice, wherever it stands and however it is written', () => {
    const spelled = (key: string, escaped: boolean): string =>
      escaped ? `"${Array.from(key, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"` : JSON.stringify(key);
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 5, unit: 'binary-ascii' }),
        fc.boolean(),
        fc.boolean(),
        value.any,
        (key, a, b, other) => {
          const inner = JSON.stringify(other);
          const text = `[${inner},{${spelled(key, a)}:${inner},${spelled(key, b)}:${inner}}]`;
          assert.throws(() => parseStrictJson(utf8(text)), DecodeError);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('throws nothing but DecodeError, and takes nothing that JSON.parse does not', () => {
    const piece = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '"a"', '1', 'null', ' ', '"\\"', 'x');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join('');
        try {
          assert.deepEqual(parseStrictJson(utf8(text)), JSON.parse(text));
        } catch (error) {
          assert.ok(error instanceof DecodeError, String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('counts depth and values, not bytes', () => {
    assert.ok(parseStrictJson(utf8(`${'['.repeat(32)}${']'.repeat(32)}`)));
    assert.throws(() => parseStrictJson(utf8(`${'['.repeat(33)}${']'.repeat(33)}`)), DecodeError);
    assert.ok(parseStrictJson(utf8(`[${'1,'.repeat(299_998)}1]`)));
    assert.throws(() => parseStrictJson(utf8(`[${'1,'.repeat(300_000)}1]`)), DecodeError);
    const long = 'x"'.repeat(1_000_000);
    assert.deepEqual(parseStrictJson(utf8(JSON.stringify([long]))), [long]);
  });
});
