import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DecodeError, fromHex, toHex } from '../../src/base/bytes.ts';
import { decodeLinkFrame, encodeLinkFrame, receivableFrames, type LinkFrame, type LinkRole } from '../../src/protocol/linkFrames.ts';
import { MAX_LINK_MESSAGE_BYTES, MAX_RECORD_BYTES } from '../../src/protocol/limits.ts';

const of = (byte: number, count: number): Uint8Array => new Uint8Array(count).fill(byte);
const hex = (byte: string, count: number): string => byte.repeat(count);

/** Every frame, as it stands on the wire: role, frame, bytes in hex. */
const golden: readonly (readonly [LinkRole, LinkFrame, string])[] = [
  ['device', { type: 'challenge', relayKey: of(0xaa, 32), nonce: of(0xbb, 32) }, `01${hex('aa', 32)}${hex('bb', 32)}`],
  [
    'device',
    { type: 'register', deviceKey: of(0xdd, 32), epoch: 5, instance: of(0x11, 16), attempt: 7, invite: 'a.1.x', proof: of(0xcc, 32) },
    `02${hex('dd', 32)}0000000000000005${hex('11', 16)}000000070005612e312e78${hex('cc', 32)}`,
  ],
  ['device', { type: 'admitted', heartbeatMs: 15_000, maxTokens: 512, maxCircuits: 8 }, '0300003a980000020000000008'],
  ['device', { type: 'tokens', seq: 9, replace: true, add: [of(1, 32)], remove: [] }, `0400000009010001${hex('01', 32)}0000`],
  ['device', { type: 'tokensOk', seq: 9 }, '0500000009'],
  ['client', { type: 'dial', hash: of(0xee, 32) }, `06${hex('ee', 32)}`],
  ['client', { type: 'waiting' }, '07'],
  ['device', { type: 'joined', circuit: 3, id: of(0xee, 32) }, `0800000003${hex('ee', 32)}`],
  ['client', { type: 'joined', circuit: undefined, id: of(0xdd, 32) }, `08${hex('dd', 32)}`],
  ['device', { type: 'left', circuit: 3, reason: 20 }, '09000000030014'],
  ['client', { type: 'left', circuit: undefined, reason: 20 }, '090014'],
  ['device', { type: 'leave', circuit: 3, reason: 25 }, '0a000000030019'],
  ['device', { type: 'record', circuit: 3, record: Uint8Array.of(1, 2) }, '0b000000030102'],
  ['client', { type: 'record', circuit: undefined, record: Uint8Array.of(1, 2) }, '0b0102'],
  ['client', { type: 'heartbeat' }, '0c'],
  ['client', { type: 'heartbeatAck' }, '0d'],
  ['client', { type: 'goaway', delayMs: 700 }, '0e000002bc'],
];

describe('link frames', () => {
  for (const [role, frame, bytes] of golden) {
    it(`${frame.type} on a ${role} link: the bytes are pinned, both ways`, () => {
      assert.equal(toHex(encodeLinkFrame(frame, role)), bytes);
      assert.deepEqual(decodeLinkFrame(fromHex(bytes), role), frame);
    });

    it(`${frame.type} on a ${role} link: a byte less or more is refused`, () => {
      const whole = fromHex(bytes);
      if (frame.type !== 'record') {
        for (let length = 0; length < whole.length; length++)
          assert.throws(() => decodeLinkFrame(whole.subarray(0, length), role), DecodeError, `${String(length)} bytes`);
        assert.throws(() => decodeLinkFrame(Uint8Array.of(...whole, 0), role), DecodeError);
      }
    });
  }

  it('takes a record of the largest size, and not one byte more', () => {
    const record = (count: number): LinkFrame => ({ type: 'record', circuit: 1, record: of(7, count) });
    for (const count of [MAX_RECORD_BYTES - 1, MAX_RECORD_BYTES])
      assert.equal(decodeLinkFrame(encodeLinkFrame(record(count), 'device'), 'device').type, 'record');
    assert.throws(() => decodeLinkFrame(encodeLinkFrame(record(MAX_RECORD_BYTES + 1), 'device'), 'device'), DecodeError);
    assert.throws(() => decodeLinkFrame(of(11, MAX_LINK_MESSAGE_BYTES + 1), 'device'), DecodeError);
  });

  it('refuses an invite with characters that cannot stand in one, a flag that is none, and more hashes than there are bytes', () => {
    const register = encodeLinkFrame(golden[1]?.[1] as LinkFrame, 'device').slice();
    register[63] = 0x0a;
    assert.throws(() => decodeLinkFrame(register, 'device'), DecodeError);
    assert.throws(() => decodeLinkFrame(fromHex('04000000090200000000'), 'device'), DecodeError);
    assert.throws(() => decodeLinkFrame(fromHex('040000000900ffff0000'), 'device'), DecodeError);
  });

  it('says for each role and end which frames may arrive, and no frame may arrive at both ends but RECORD', () => {
    for (const role of ['device', 'client'] as const) {
      const both = receivableFrames[role].relay.filter((type) => receivableFrames[role].end.includes(type));
      assert.deepEqual(both, ['record']);
    }
  });

  it('survives 50,000 random frames with typed errors only, and never makes more than it was given', () => {
    let decoded = 0;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 16 }), fc.boolean(), (body, type, isDevice) => {
        const role = isDevice ? 'device' : 'client';
        const bytes = Uint8Array.of(type, ...body);
        try {
          const frame = decodeLinkFrame(bytes, role);
          decoded++;
          assert.deepEqual(encodeLinkFrame(frame, role), bytes);
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
        }
      }),
      { numRuns: 50_000 },
    );
    assert.ok(decoded > 1000);
  }).timeout(30_000);
});
