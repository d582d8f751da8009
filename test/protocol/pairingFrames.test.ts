import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DecodeError, fromHex, toHex } from '../../src/base/bytes.ts';
import { decodePairingFrame, encodePairingFrame, type PairingFrame } from '../../src/protocol/pairingFrames.ts';
import { MAX_CLIENT_NAME_BYTES } from '../../src/protocol/limits.ts';

const golden: readonly (readonly [PairingFrame, string])[] = [
  [{ type: 'pair', name: 'Pixel', kind: 'page', scope: 'chat' }, '010005506978656c0000'],
  [{ type: 'asked' }, '02'],
  [{ type: 'allowed', clientId: new Uint8Array(16).fill(0xab), scope: 'models', deviceName: 'Desk' }, `03${'ab'.repeat(16)}0100044465736b`],
  [{ type: 'denied', code: 32 }, '040020'],
  [{ type: 'done' }, '05'],
];

describe('pairing frames', () => {
  for (const [frame, bytes] of golden) {
    it(`${frame.type}: the bytes are pinned, both ways`, () => {
      assert.equal(toHex(encodePairingFrame(frame)), bytes);
      assert.deepEqual(decodePairingFrame(fromHex(bytes)), frame);
    });
  }

  it('cuts a long name between characters', () => {
    const frame = decodePairingFrame(encodePairingFrame({ type: 'pair', name: '🎉'.repeat(100), kind: 'page', scope: 'chat' }));
    assert.equal(frame.type === 'pair' && frame.name, '🎉'.repeat(MAX_CLIENT_NAME_BYTES / 4));
  });

  it('takes control and direction-changing characters out of names', () => {
    const frame = decodePairingFrame(encodePairingFrame({ type: 'pair', name: 'a\u0007b\u202ec\nd', kind: 'cli', scope: 'chat' }));
    assert.equal(frame.type === 'pair' && frame.name, 'abcd');
  });

  it('survives 10,000 random frames with typed errors only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 6 }), (body, type) => {
        try {
          decodePairingFrame(Uint8Array.of(type, ...body));
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
