import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ByteReader } from '../../src/base/byteReader.ts';
import { ByteWriter } from '../../src/base/byteWriter.ts';
import {
  concatBytes,
  DecodeError,
  equalBytes,
  fromBase64url,
  fromHex,
  fromUtf8,
  isAllZero,
  toBase64url,
  toHex,
  utf8,
} from '../../src/base/bytes.ts';

const bytes = fc.uint8Array({ maxLength: 100 });

describe('bytes', () => {
  it('go to base64url and hex as Node writes them, and back', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        assert.equal(toBase64url(value), Buffer.from(value).toString('base64url'));
        assert.equal(toHex(value), Buffer.from(value).toString('hex'));
        assert.deepEqual(fromBase64url(toBase64url(value)), value);
        assert.deepEqual(fromHex(toHex(value)), value);
      }),
    );
  });

  it('refuse what is not canonical', () => {
    for (const text of ['A', 'AB', 'AAB', 'A=', 'AA+A', 'AAAAA']) assert.throws(() => fromBase64url(text), DecodeError, text);
    for (const text of ['a', 'zz']) assert.throws(() => fromHex(text), DecodeError, text);
    assert.throws(() => fromUtf8(Uint8Array.of(0xc3)), DecodeError);
    assert.equal(fromUtf8(utf8('\ufeffé')), '\ufeffé');
  });

  it('are joined and compared', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        assert.deepEqual(concatBytes(a, b), Uint8Array.of(...a, ...b));
        assert.equal(equalBytes(a, b), Buffer.from(a).equals(b));
        assert.equal(
          isAllZero(a),
          a.every((byte) => byte === 0),
        );
      }),
    );
  });
});

describe('reader and writer', () => {
  it('agree on every kind of field', () => {
    const value = new ByteWriter(1).u8(1).u16(2).u32(3).u64(Number.MAX_SAFE_INTEGER).field(utf8('field')).bytes(Uint8Array.of(9)).finish();
    const reader = new ByteReader(value);
    assert.deepEqual([reader.u8(), reader.u16(), reader.u32(), reader.u64()], [1, 2, 3, Number.MAX_SAFE_INTEGER]);
    assert.equal(fromUtf8(reader.field(5)), 'field');
    assert.deepEqual(reader.rest(), Uint8Array.of(9));
    reader.end();
  });

  it('never read past the end, nor more than allowed', () => {
    assert.throws(() => new ByteReader(Uint8Array.of(1)).u16(), DecodeError);
    assert.throws(() => new ByteReader(new ByteWriter().field(utf8('abc')).finish()).field(2), DecodeError);
    assert.throws(() => {
      new ByteReader(Uint8Array.of(1)).end();
    }, DecodeError);
    assert.throws(() => new ByteReader(new Uint8Array(8).fill(0xff)).u64(), DecodeError);
    assert.throws(() => new ByteWriter().field(new Uint8Array(0x10000)), RangeError);
  });
});
