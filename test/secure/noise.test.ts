import assert from 'node:assert/strict';
import { concatBytes, emptyBytes, toHex, utf8 } from '../../src/base/bytes.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { HandshakeState } from '../../src/secure/handshakeState.ts';
import { MESSAGE_1_BYTES, MESSAGE_2_BYTES } from '../../src/secure/noise.ts';
import { nobleCrypto } from '../../src/secure/nobleCrypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { asyncKey } from './asyncKey.ts';
import { lowOrderPoints } from './cryptoPort.conformance.ts';
import { clientKey, createPair, deviceKey, handshake, type PairChange } from './handshakePair.ts';

const isHandshakeFailed = (error: unknown): boolean => error instanceof TunnelError && error.code === 'handshakeFailed';
const isBug = (error: unknown): boolean => error instanceof Error && !(error instanceof TunnelError);

function message1Of(change: PairChange = {}): Uint8Array {
  return createPair(change).initiator.writeMessage1() as Uint8Array;
}

describe('the handshake', () => {
  it('gives both ends the same session, and each the other’s key', async () => {
    const { client, device } = await handshake(createPair());
    assert.deepEqual(client.handshakeHash, device.handshakeHash);
    assert.deepEqual(client.chainingKey, device.chainingKey);
    assert.deepEqual(client.remoteStatic, deviceKey.publicKey);
    assert.deepEqual(device.remoteStatic, clientKey.publicKey);
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(device.opener.open(client.sealer.seal(utf8('to the device'))), utf8('to the device'));
      assert.deepEqual(client.opener.open(device.sealer.seal(utf8('to the client'))), utf8('to the client'));
    }
  });

  it('has messages of fixed sizes, and bytes that stay as they are', async () => {
    const { message1, message2, client } = await handshake(createPair());
    assert.equal(message1.length, MESSAGE_1_BYTES);
    assert.equal(message2.length, MESSAGE_2_BYTES);
    assert.equal(
      toHex(message1),
      '57d318f2ebc2cba4b08246556262a51d0bff6f70aae78ee04f66d53dedc5d934f58b4705ea0860c427e6327c64f0e74739e7ca5690af7f76a8cd9d1434197d166c425c0f584153c7992507d39b22c81cd4b5e6cf402ed2e9d371efc8d560a120',
    );
    assert.equal(toHex(message2), 'db879a4fad7fd16fa63f16e1fafc5d0db609552e660856ec4b5993446a56205d0e85229e992aebe2180cfb57fea11312');
    assert.equal(toHex(client.handshakeHash), '97ef81800cc5fd5d3db77f2b39b41c66fa0e5ae23f62d396f88a5e500e17003e');
    assert.equal(
      toHex(client.sealer.seal(utf8('x'))),
      '3dcaeed2c0be1d6a7dd770e99bb2c5187554b75c43b260776fed6f0d557f29fe5556a5da55ab4fe13b06e22ea5931210d1b534caa05774ba06d43c4d282f9c0acbd48e7716c58c38db11b95c371f811d',
    );
  });

  it('is synchronous with synchronous keys', () => {
    const { initiator, responder } = createPair();
    const message1 = initiator.writeMessage1();
    assert.ok(message1 instanceof Uint8Array);
    assert.ok(!(responder.readMessage1(message1) instanceof Promise));
    const answer = responder.writeMessage2();
    assert.ok(!(answer instanceof Promise));
    assert.ok(!(initiator.readMessage2(answer.message) instanceof Promise));
  });

  it('is the same, byte for byte, with keys that answer later, and on noble', async () => {
    const expected = await handshake(createPair());
    const [client, device] = [{ staticKey: asyncKey(clientKey) }, { staticKey: asyncKey(deviceKey) }];
    const later = [
      createPair({ initiator: client }),
      createPair({ responder: device }),
      createPair({ initiator: client, responder: device }),
    ];
    for (const pair of [...later, createPair({ crypto: nobleCrypto })]) {
      const session = await handshake(pair);
      assert.deepEqual(session.message1, expected.message1);
      assert.deepEqual(session.message2, expected.message2);
      assert.deepEqual(session.client.handshakeHash, expected.client.handshakeHash);
      assert.deepEqual(session.device.chainingKey, expected.device.chainingKey);
      assert.deepEqual(session.device.opener.open(session.client.sealer.seal(utf8('x'))), utf8('x'));
    }
  });

  it('takes its ephemeral keys from the given randomness, so that two sessions share nothing', async () => {
    const [one, other] = [await handshake(createPair({ seed: 1 })), await handshake(createPair({ seed: 2 }))];
    assert.notDeepEqual(one.message1.subarray(0, 32), other.message1.subarray(0, 32));
    assert.notDeepEqual(one.client.handshakeHash, other.client.handshakeHash);
    assert.notDeepEqual(one.client.chainingKey, other.client.chainingKey);
    assert.throws(() => other.device.opener.open(one.client.sealer.seal(utf8('x'))));
  });

  it('hides the client’s key from whoever lacks the device’s', () => {
    assert.ok(!toHex(message1Of()).includes(toHex(clientKey.publicKey)));
  });

  it('refuses message 1 with any byte changed', () => {
    const message1 = message1Of();
    for (let at = 0; at < message1.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = message1.slice();
        changed[at] = (changed[at] ?? 0) ^ mask;
        assert.throws(() => createPair().responder.readMessage1(changed), isHandshakeFailed, `byte ${String(at)}`);
      }
    }
  });

  it('refuses message 2 with any byte changed', () => {
    for (let at = 0; at < MESSAGE_2_BYTES; at++) {
      for (const mask of [0x01, 0x80]) {
        const { initiator, responder } = createPair();
        void responder.readMessage1(initiator.writeMessage1() as Uint8Array);
        const changed = (responder.writeMessage2() as { message: Uint8Array }).message.slice();
        changed[at] = (changed[at] ?? 0) ^ mask;
        assert.throws(() => initiator.readMessage2(changed), isHandshakeFailed, `byte ${String(at)}`);
      }
    }
  });

  const otherKey = nodeCrypto.importKey(new Uint8Array(32).fill(14));
  const disagreements: Record<string, PairChange> = {
    'another psk': { initiator: { psk: new Uint8Array(32) } },
    'another prologue': { initiator: { prologue: utf8('another') } },
    'another device’s key in mind': { initiator: { remoteStatic: otherKey.publicKey } },
    'a device that has another key': { responder: { staticKey: otherKey } },
  };
  for (const [what, change] of Object.entries(disagreements)) {
    it(`fails at the device for ${what}`, async () => {
      const { initiator, responder } = createPair(change);
      assert.throws(() => responder.readMessage1(initiator.writeMessage1() as Uint8Array), isHandshakeFailed);
      const later = createPair({
        ...change,
        responder: { ...change.responder, staticKey: asyncKey(change.responder?.staticKey ?? deviceKey) },
      });
      await assert.rejects(async () => later.responder.readMessage1(await later.initiator.writeMessage1()), isHandshakeFailed);
    });
  }

  it('refuses low-order points in every place', () => {
    for (const point of lowOrderPoints) {
      assert.throws(() => createPair({ initiator: { remoteStatic: point } }).initiator.writeMessage1(), isHandshakeFailed);
      assert.throws(() => createPair().responder.readMessage1(concatBytes(point, message1Of().subarray(32))), isHandshakeFailed);
      const { initiator } = createPair();
      void initiator.writeMessage1();
      assert.throws(() => initiator.readMessage2(concatBytes(point, new Uint8Array(16))), isHandshakeFailed);
    }
  });

  it('refuses messages of any other length, a payload among them', () => {
    const message1 = message1Of();
    for (const cut of [0, 31, 32, 80, 95])
      assert.throws(() => createPair().responder.readMessage1(message1.subarray(0, cut)), isHandshakeFailed);
    assert.throws(() => createPair().responder.readMessage1(concatBytes(message1, new Uint8Array(1))), isHandshakeFailed);
    const carrying = (payload: Uint8Array): Uint8Array => {
      const pattern = { protocolName: 'Noise_IKpsk1_25519_AESGCM_SHA256', messages: [['e', 'es', 's', 'ss', 'psk'] as const] };
      const keys = {
        prologue: utf8('prologue'),
        psk: new Uint8Array(32).fill(13),
        staticKey: clientKey,
        remoteStatic: deviceKey.publicKey,
      };
      return new HandshakeState(nodeCrypto, new SeededRandom(1), pattern, true, keys).writeMessage(payload) as Uint8Array;
    };
    assert.deepEqual(carrying(emptyBytes), message1, 'without a payload it would have been accepted');
    assert.throws(() => createPair().responder.readMessage1(carrying(utf8('!'))), isHandshakeFailed);
  });

  it('accepts a repeated message 1, but then nothing that was recorded with it', async () => {
    const first = createPair({ seed: 1 });
    const session = await handshake(first);
    const recorded = session.client.sealer.seal(utf8('recorded'));
    const replay = createPair({ seed: 2 }).responder;
    await replay.readMessage1(session.message1);
    const { result } = await replay.writeMessage2();
    assert.throws(() => result.opener.open(recorded));
  });

  it('does not take the other end’s records for its own', async () => {
    const { client } = await handshake(createPair());
    assert.throws(() => client.opener.open(client.sealer.seal(utf8('reflected'))));
  });
});

describe('the steps of a handshake', () => {
  it('come once and in order', () => {
    const { initiator, responder } = createPair();
    assert.throws(() => initiator.readMessage2(new Uint8Array(MESSAGE_2_BYTES)), isBug);
    assert.throws(() => responder.writeMessage2(), isBug);
    const message1 = initiator.writeMessage1() as Uint8Array;
    assert.throws(() => initiator.writeMessage1(), isBug);
    void responder.readMessage1(message1);
    assert.throws(() => responder.readMessage1(message1), isBug);
    const { message } = responder.writeMessage2() as { message: Uint8Array };
    assert.throws(() => responder.writeMessage2(), isBug);
    void initiator.readMessage2(message);
    assert.throws(() => initiator.readMessage2(message), isBug);
  });

  it('do not overlap', async () => {
    const { initiator } = createPair({ initiator: { staticKey: asyncKey(clientKey) } });
    const running = initiator.writeMessage1();
    assert.throws(() => initiator.readMessage2(new Uint8Array(MESSAGE_2_BYTES)), isBug);
    assert.throws(() => initiator.writeMessage1(), isBug);
    assert.equal((await running).length, MESSAGE_1_BYTES);
  });

  it('end with the first failure', () => {
    const { initiator, responder } = createPair();
    const message1 = initiator.writeMessage1() as Uint8Array;
    assert.throws(() => responder.readMessage1(new Uint8Array(MESSAGE_1_BYTES)), isHandshakeFailed);
    assert.throws(() => responder.readMessage1(message1), isBug);
    assert.throws(() => responder.writeMessage2(), isBug);
  });

  it('do not begin with a pre-shared key of a wrong length', () => {
    assert.throws(() => createPair({ initiator: { psk: new Uint8Array(31) } }), RangeError);
    assert.throws(() => createPair({ responder: { psk: emptyBytes } }), RangeError);
  });
});
