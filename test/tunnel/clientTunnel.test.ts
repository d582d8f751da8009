import assert from 'node:assert/strict';
import { decodeLinkFrame, encodeLinkFrame, type LinkFrame } from '../../src/protocol/linkFrames.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { memorySocketPair, type MemorySocketPair } from '../fakes/memorySocket.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

/** The test is the relay, and not an honest one. */
describe('a client’s link to a relay that misbehaves', () => {
  const random = new SeededRandom(8);
  const deviceKey = nodeCrypto.importKey(random.bytes(32)).publicKey;
  let clock: FakeClock;
  let lines: MemorySocketPair[];
  let tunnel: ClientTunnel;

  beforeEach(async () => {
    clock = new FakeClock();
    lines = [];
    tunnel = new ClientTunnel({
      clock,
      random,
      crypto: nodeCrypto,
      dial: (_url, handlers) => {
        const line = memorySocketPair(clock);
        lines.push(line);
        line.near.listen(handlers);
        line.near.announceOpen();
        return line.near;
      },
      pairing: {
        origin: 'http://127.0.0.1:1',
        deviceKey,
        staticKey: nodeCrypto.importKey(random.bytes(32)),
        psk: random.bytes(32),
        dialHash: random.bytes(32),
      },
    });
    tunnel.supervisor.start();
    await clock.settle();
  });
  afterEach(() => {
    tunnel.dispose();
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  async function say(frame: LinkFrame): Promise<void> {
    lines.at(-1)?.far.send(encodeLinkFrame(frame, 'client'));
    await clock.settle();
  }

  it('is dialled anew when it answers DIAL with heartbeats alone', async () => {
    await say({ type: 'heartbeat' });
    await clock.advance(4000);
    await say({ type: 'heartbeat' });
    await clock.advance(3000);
    assert.ok(lines.length > 1);
  });

  it('is dialled anew when it joins and lets nothing through', async () => {
    await say({ type: 'joined', circuit: undefined, id: deviceKey });
    await clock.advance(7000);
    assert.ok(lines.length > 1);
    assert.equal(tunnel.supervisor.state.kind, 'reconnecting');
  });

  it('is left at a time of its own before the relay that drains goes', async () => {
    await say({ type: 'waiting' });
    await say({ type: 'goaway', delayMs: 8000 });
    await clock.advance(50);
    assert.deepEqual(lines.slice(1), [], 'not at once, with everybody else');
    await clock.advance(8500);
    assert.ok(lines.length > 1);
  });

  it('answers heartbeats while it waits, and is never green', async () => {
    await say({ type: 'waiting' });
    for (let i = 0; i < 20; i++) {
      await clock.advance(15_000);
      await say({ type: 'heartbeat' });
      assert.equal(tunnel.supervisor.state.kind, 'connecting');
    }
    assert.equal(lines.length, 1);
    const [, ...acks] = (lines[0]?.far.received ?? []).map((bytes) => decodeLinkFrame(bytes, 'client').type);
    assert.deepEqual(
      acks,
      Array.from({ length: 20 }, () => 'heartbeatAck'),
    );
  });
});
