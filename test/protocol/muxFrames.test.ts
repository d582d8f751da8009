import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ByteWriter } from '../../src/base/byteWriter.ts';
import { concatBytes, DecodeError, fromHex, toHex } from '../../src/base/bytes.ts';
import { MAX_DATA_BYTES } from '../../src/protocol/limits.ts';
import { decodeMuxFrames, encodeMuxFrame, type MuxFrame } from '../../src/protocol/muxFrames.ts';

const of = (byte: number, count: number): Uint8Array => new Uint8Array(count).fill(byte);

function encode(frame: MuxFrame): Uint8Array {
  const out = new ByteWriter();
  encodeMuxFrame(frame, out);
  return out.finish();
}

const golden: readonly (readonly [MuxFrame, string])[] = [
  [
    {
      type: 'hello',
      muxId: of(0xab, 16),
      attempt: 2,
      incarnation: of(0xcd, 8),
      highestOpened: 4,
      streams: [{ id: 1, received: 10, limit: 65_546, ended: true, stopRequested: false }],
    },
    `01${'ab'.repeat(16)}00000002${'cd'.repeat(8)}00000004000100000001000000000000000a000000000001000a01`,
  ],
  [{ type: 'open', id: 1, kind: 'chat' }, '020000000101'],
  [{ type: 'data', id: 1, offset: 256, fin: true, bytes: Uint8Array.of(9, 8) }, '030000000100000000000001000100020908'],
  [{ type: 'credit', id: 1, consumed: 5, limit: 65_541 }, '04000000010000000000000005000000000001' + '0005'],
  [{ type: 'stop', id: 3 }, '0500000003'],
  [{ type: 'reset', id: 3, code: 46 }, '0600000003002e'],
  [{ type: 'ping', token: 77 }, '070000004d'],
  [{ type: 'pong', token: 77 }, '080000004d'],
  [{ type: 'close', code: 25 }, '090019'],
];

describe('mux frames', () => {
  for (const [frame, bytes] of golden) {
    it(`${frame.type}: the bytes are pinned, both ways`, () => {
      assert.equal(toHex(encode(frame)), bytes);
      assert.deepEqual(decodeMuxFrames(fromHex(bytes)), [frame]);
    });

    it(`${frame.type}: a cut at any byte is refused`, () => {
      const whole = fromHex(bytes);
      for (let length = 1; length < whole.length; length++) assert.throws(() => decodeMuxFrames(whole.subarray(0, length)), DecodeError);
    });
  }

  it('stand in a record one after the other', () => {
    const frames = golden.map(([frame]) => frame);
    assert.deepEqual(decodeMuxFrames(concatBytes(...frames.map(encode))), frames);
  });

  it('takes the largest DATA, and not one byte more', () => {
    const data = (count: number): MuxFrame => ({ type: 'data', id: 1, offset: 0, fin: false, bytes: of(1, count) });
    assert.equal(decodeMuxFrames(encode(data(MAX_DATA_BYTES))).length, 1);
    assert.throws(() => decodeMuxFrames(encode(data(MAX_DATA_BYTES + 1))), DecodeError);
  });

  it('refuses stream 0, unknown kinds and flags, credit below what was consumed, and offsets above 2^53', () => {
    for (const bytes of [
      '0500000000',
      '020000000109',
      '030000000100000000000000000200000',
      '0400000001000000000000000900000000' + '00000001',
      '03000000010020000000000000000000',
    ])
      assert.throws(() => decodeMuxFrames(fromHex(bytes.length % 2 === 0 ? bytes : `${bytes}0`)), DecodeError, bytes);
  });

  it('survives 50,000 random records with typed errors only', () => {
    let decoded = 0;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 10 }), (body, type) => {
        const bytes = Uint8Array.of(type, ...body);
        try {
          const frames = decodeMuxFrames(bytes);
          decoded++;
          assert.deepEqual(concatBytes(...frames.map(encode)), bytes);
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
        }
      }),
      { numRuns: 50_000 },
    );
    assert.ok(decoded > 100);
  }).timeout(30_000);
});
