import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concatBytes, DecodeError, fromUtf8, utf8 } from '../../src/base/bytes.ts';
import { MAX_CHAT_MESSAGE_BYTES } from '../../src/protocol/limits.ts';
import { encodeStreamMessage, MessageAssembler } from '../../src/protocol/messageStream.ts';

describe('messages on a stream', () => {
  it('come out whole and in order, however the bytes are cut', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { maxLength: 8 });
    fc.assert(
      fc.property(texts, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (messages, cuts) => {
        const wire = concatBytes(...messages.map((text) => encodeStreamMessage(utf8(text))));
        const assembler = new MessageAssembler();
        const out: string[] = [];
        for (let at = 0, turn = 0; at < wire.length; turn++) {
          const step = cuts[turn % cuts.length] ?? 1;
          out.push(...assembler.push(wire.subarray(at, at + step)).map(fromUtf8));
          at += step;
        }
        assert.deepEqual(out, messages);
      }),
    );
  });

  it('cost in proportion to their length when they come byte by byte', () => {
    const wire = encodeStreamMessage(new Uint8Array(MAX_CHAT_MESSAGE_BYTES));
    let copied = 0;
    const set = Reflect.get<Uint8Array, 'set'>(Uint8Array.prototype, 'set');
    Uint8Array.prototype.set = function (this: Uint8Array, source: ArrayLike<number>, offset?: number) {
      copied += source.length;
      set.call(this, source, offset);
    };
    try {
      const assembler = new MessageAssembler();
      let messages = 0;
      for (const byte of wire) messages += assembler.push(Uint8Array.of(byte)).length;
      assert.equal(messages, 1);
    } finally {
      Uint8Array.prototype.set = set;
    }
    assert.ok(copied < 4 * wire.length, String(copied));
  });

  it('takes the longest message, and refuses one byte more at its announcement', () => {
    for (const length of [MAX_CHAT_MESSAGE_BYTES - 1, MAX_CHAT_MESSAGE_BYTES])
      assert.equal(new MessageAssembler().push(encodeStreamMessage(new Uint8Array(length))).length, 1);
    const announced = encodeStreamMessage(new Uint8Array(MAX_CHAT_MESSAGE_BYTES + 1)).subarray(0, 4);
    assert.throws(() => new MessageAssembler().push(announced), DecodeError);
  });
});
