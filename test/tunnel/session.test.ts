import assert from 'node:assert/strict';
import { DecodeError } from '../../src/base/bytes.ts';
import type { TunnelError } from '../../src/protocol/errors.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../../src/protocol/limits.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { prologue } from '../../src/secure/prologue.ts';
import { Session } from '../../src/tunnel/session.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

describe('a session', () => {
  const clock = new FakeClock();
  const random = new SeededRandom(11);
  const deviceKey = nodeCrypto.importKey(random.bytes(32));
  const clientKey = nodeCrypto.importKey(random.bytes(32));
  const psk = random.bytes(32);
  const hello = new Uint8Array([1, 2, 3]);
  let client: Session;
  let device: Session;
  let failures: string[];
  let heard: Uint8Array[];
  let onEstablished: () => void;
  let onFrames: (frames: Uint8Array) => void;

  function make(name: string, staticKey: typeof deviceKey, send: (record: Uint8Array) => void): Session {
    return new Session(
      { crypto: nodeCrypto, random, clock, prologue: prologue('session', deviceKey.publicKey), psk, staticKey },
      {
        send,
        onEstablished: () => {
          onEstablished();
        },
        onFrames: (frames) => {
          onFrames(frames);
        },
        onFailed: (error: TunnelError) => failures.push(`${name}: ${error.code}`),
      },
    );
  }

  beforeEach(() => {
    failures = [];
    heard = [];
    onEstablished = () => undefined;
    onFrames = (frames) => {
      heard.push(frames);
    };
    client = make('client', clientKey, (record) => {
      device.receive(record);
    });
    device = make('device', deviceKey, (record) => {
      client.receive(record);
    });
    device.respond(() => true);
    client.initiate(deviceKey.publicKey);
  });
  afterEach(() => {
    client.dispose();
    device.dispose();
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  it('is given up when no first record follows the handshake, which may have been a repeated one', async () => {
    assert.ok(client.isEstablished && device.isEstablished);
    await clock.advance(HANDSHAKE_TIMEOUT_MS + 1);
    assert.deepEqual(failures.sort(), ['client: deviceSilent', 'device: deviceSilent']);
  });

  it('stays once each end has heard the other', async () => {
    client.send(hello);
    device.send(hello);
    await clock.advance(10 * HANDSHAKE_TIMEOUT_MS);
    assert.deepEqual(heard, [hello, hello]);
    assert.deepEqual(failures, []);
  });

  it('ends on a record that was changed', () => {
    device.receive(new Uint8Array(80));
    assert.deepEqual(failures, ['device: sessionBroken']);
  });

  it('blames the far end, not the relay, for nonsense in a record', () => {
    onFrames = () => {
      throw new DecodeError('nonsense');
    };
    client.send(hello);
    assert.deepEqual(failures, ['device: sessionBroken']);
  });

  it('ends when its owner cannot use it', () => {
    onEstablished = () => {
      throw new Error('a bug');
    };
    device.dispose();
    device = make('device', deviceKey, () => undefined);
    device.respond(() => true);
    client.dispose();
    client = make('client', clientKey, (record) => {
      device.receive(record);
    });
    client.initiate(deviceKey.publicKey);
    assert.deepEqual(failures, ['device: internal']);
  });
});
