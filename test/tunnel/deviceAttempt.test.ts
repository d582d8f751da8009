import assert from 'node:assert/strict';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import { MAX_CONCURRENT_HANDSHAKES, MAX_WAITING_HANDSHAKES } from '../../src/protocol/limits.ts';
import { decodeLinkFrame, encodeLinkFrame, type LinkFrame } from '../../src/protocol/linkFrames.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { DeviceAttempt } from '../../src/tunnel/deviceAttempt.ts';
import { TunnelMeter } from '../../src/tunnel/tunnelMeter.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { memorySocketPair, type MemorySocketPair } from '../fakes/memorySocket.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

/** The test is the relay, and not an honest one. */
describe('a device’s link to a relay that misbehaves', () => {
  const random = new SeededRandom(4);
  const hash = random.bytes(32);
  let clock: FakeClock;
  let line: MemorySocketPair;
  let attempt: DeviceAttempt;
  let heard: string[];
  let failures: ErrorCode[];

  beforeEach(async () => {
    clock = new FakeClock();
    line = memorySocketPair(clock);
    heard = [];
    failures = [];
    const options = {
      clock,
      random,
      crypto: nodeCrypto,
      identity: nodeCrypto.importKey(random.bytes(32)),
      epoch: 1,
      instance: random.bytes(16),
      dial: (_url: string, handlers: Parameters<typeof line.near.listen>[0]) => {
        line.near.listen(handlers);
        line.near.announceOpen();
        return line.near;
      },
      relay: () => ({ origin: 'http://127.0.0.1:1' }),
      hashes: () => [hash],
      match: () => ({
        purpose: 'session' as const,
        psk: new Uint8Array(32),
        clientId: 'client',
        accepts: () => true,
        onAuthenticated: () => assert.fail('nobody has proved anything'),
      }),
      onMux: () => assert.fail('no mux'),
    };
    const owner = { takeMux: () => assert.fail('no mux'), releaseMux: () => undefined, meter: new TunnelMeter(clock, () => 0) };
    attempt = new DeviceAttempt(
      options,
      owner,
      1,
      {
        established: () => heard.push('established'),
        waiting: () => assert.fail('a device does not wait'),
        takesOver: () => undefined,
        leaving: () => undefined,
        failed: (error) => failures.push(error),
      },
      10_000,
    );
    await clock.settle();
  });
  afterEach(() => {
    attempt.dispose();
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  async function say(...frames: readonly LinkFrame[]): Promise<void> {
    for (const frame of frames) line.far.send(encodeLinkFrame(frame, 'device'));
    await clock.settle();
  }

  /** Time goes by, and the relay keeps the link alive. */
  async function idle(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5000) {
      await clock.advance(Math.min(left, 5000));
      await say({ type: 'heartbeat' });
    }
  }

  function answers(type: LinkFrame['type']): LinkFrame[] {
    return line.far.received.map((bytes) => decodeLinkFrame(bytes, 'device')).filter((frame) => frame.type === type);
  }

  const challenge: LinkFrame = { type: 'challenge', relayKey: nodeCrypto.importKey(random.bytes(32)).publicKey, nonce: random.bytes(32) };
  const admitted: LinkFrame = { type: 'admitted', heartbeatMs: 15_000, maxTokens: 512, maxCircuits: 8 };
  function joined(circuit: number): LinkFrame {
    return { type: 'joined', circuit, id: hash };
  }

  it('is given up when it is never admitted, heartbeats or not', async () => {
    await say(challenge);
    await idle(10_000);
    assert.deepEqual(failures, ['relaySilent']);
  });

  for (const [what, frames] of [
    ['a second CHALLENGE', [challenge, challenge]],
    ['ADMITTED without a proof', [admitted]],
    ['a second ADMITTED', [challenge, admitted, admitted]],
    ['a circuit’s number used again', [challenge, admitted, joined(7), joined(7)]],
  ] as const) {
    it(`is given up after ${what}`, async () => {
      await say(...frames);
      assert.deepEqual(failures, ['relayProtocol']);
    });
  }

  it('is given up when it confirms no hashes, and says so to whoever waits for them', async () => {
    await say(challenge, admitted);
    assert.deepEqual(heard, ['established']);
    const published = attempt.publishHashes();
    const refused = assert.rejects(published, /relayUnreachable/);
    await idle(35_000);
    assert.deepEqual(failures, ['relaySilent']);
    await refused;
    await assert.rejects(attempt.publishHashes(), /relayUnreachable/, 'nor does anybody wait afterwards');
  });

  it('lets no more handshakes wait than it may, and none for more than 5 s', async () => {
    const room = MAX_CONCURRENT_HANDSHAKES + MAX_WAITING_HANDSHAKES;
    await say(challenge, admitted, { type: 'tokensOk', seq: 1 });
    await say(...Array.from({ length: room + 3 }, (_, circuit) => joined(circuit)));
    assert.equal(answers('leave').length, 3);
    await clock.advance(5_001);
    assert.equal(answers('leave').length, room + 3 - MAX_CONCURRENT_HANDSHAKES, 'those that got a turn at last have their own 5 s');
    await say({ type: 'heartbeat' });
    await clock.advance(5_000);
    assert.equal(answers('leave').length, room + 3);
    assert.deepEqual(failures, []);
  });
});
