import assert from 'node:assert/strict';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import { encodeLinkFrame, type LinkFrame } from '../../src/protocol/linkFrames.ts';
import { LINK_DEAD_AFTER_MS, PROBE_TIMEOUT_MS } from '../../src/protocol/limits.ts';
import { Link } from '../../src/tunnel/link.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { memorySocketPair, type MemorySocketPair } from '../fakes/memorySocket.ts';

describe('a link', () => {
  let clock: FakeClock;
  let line: MemorySocketPair;
  let link: Link;
  let frames: LinkFrame[];
  let closed: ErrorCode[];
  let traffic: { readonly sent: number[]; readonly received: number[] };

  function dial(role: 'device' | 'client' = 'client', opens = true, isKnown = false): void {
    frames = [];
    closed = [];
    traffic = { sent: [], received: [] };
    link = new Link(
      {
        clock,
        role,
        patienceMs: 10_000,
        isKnown,
        traffic: { onSent: (bytes) => traffic.sent.push(bytes), onReceived: (bytes) => traffic.received.push(bytes) },
        origin: 'http://127.0.0.1:1',
        dial: (url, handlers) => {
          assert.equal(url, `ws://127.0.0.1:1/v1/${role === 'device' ? 'device' : 'dial'}`);
          line.near.listen(handlers);
          if (opens) line.near.announceOpen();
          return line.near;
        },
      },
      {
        onOpen: () => undefined,
        onFrame: (frame) => frames.push(frame),
        onDrain: () => undefined,
        onClosed: (error) => closed.push(error),
      },
    );
  }

  beforeEach(() => {
    clock = new FakeClock();
    line = memorySocketPair(clock);
  });
  afterEach(() => {
    link.dispose();
    assert.equal(clock.pendingTimers, 0);
  });

  it('answers heartbeats by itself and hands on the rest', async () => {
    dial();
    line.far.send(encodeLinkFrame({ type: 'heartbeat' }, 'client'));
    line.far.send(encodeLinkFrame({ type: 'waiting' }, 'client'));
    await clock.settle();
    assert.deepEqual(frames, [{ type: 'waiting' }]);
    assert.deepEqual(
      line.far.received.map((bytes) => [...bytes]),
      [[13]],
    );
    assert.deepEqual(traffic, { sent: [1], received: [1, 1] });
  });

  for (const [what, bytes] of [
    ['nonsense', Uint8Array.of(200, 1, 2)],
    ['a frame of the other role', encodeLinkFrame({ type: 'admitted', heartbeatMs: 1, maxTokens: 1, maxCircuits: 1 }, 'device')],
    ['nothing', new Uint8Array(0)],
  ] as const) {
    it(`ends on ${what}`, async () => {
      dial();
      await clock.settle();
      line.far.send(bytes);
      await clock.settle();
      assert.deepEqual(closed, ['relayProtocol']);
      assert.equal(line.far.closeCode, 4400);
    });
  }

  it('is dead after 24 s without a frame, and not before', async () => {
    dial();
    await clock.advance(LINK_DEAD_AFTER_MS - 1);
    assert.deepEqual(closed, []);
    await clock.advance(1);
    assert.deepEqual(closed, ['relaySilent']);
  });

  it('has its whole time again from each frame, and after a probe that was answered', async () => {
    dial();
    const hear = async (): Promise<void> => {
      line.far.send(encodeLinkFrame({ type: 'heartbeat' }, 'client'));
      await clock.settle();
    };
    for (let frame = 0; frame < 3; frame++) {
      await clock.advance(LINK_DEAD_AFTER_MS - 1);
      await hear();
    }
    link.probe();
    await hear();
    await clock.advance(LINK_DEAD_AFTER_MS - 1);
    await hear();
    await clock.advance(LINK_DEAD_AFTER_MS - 1);
    assert.deepEqual(closed, []);
    await clock.advance(1);
    assert.deepEqual(closed, ['relaySilent']);
  });

  it('is dead 3 s after a probe that nothing answers', async () => {
    dial();
    line.far.send(encodeLinkFrame({ type: 'heartbeat' }, 'client'));
    await clock.settle();
    link.probe();
    await clock.advance(PROBE_TIMEOUT_MS - 1);
    assert.deepEqual(closed, []);
    await clock.advance(1);
    assert.deepEqual(closed, ['relaySilent']);
  });

  it('leaves nothing behind when it cannot be dialled', () => {
    dial();
    link.dispose();
    const refuse = (): never => {
      throw new SyntaxError('no address');
    };
    const events = { onOpen: () => undefined, onFrame: () => undefined, onDrain: () => undefined, onClosed: () => undefined };
    assert.throws(
      () => new Link({ clock, role: 'client', patienceMs: 10_000, isKnown: false, origin: 'http://127.0.0.1:1', dial: refuse }, events),
      SyntaxError,
    );
    assert.equal(clock.pendingTimers, 0);
  });

  it('gives a dial its time and no more', async () => {
    dial('client', false);
    await clock.advance(9_999);
    assert.deepEqual(closed, []);
    await clock.advance(1);
    assert.deepEqual(closed, ['relayUnreachable']);
  });

  it('says what a refused upgrade means, first and once a relay was there', async () => {
    for (const [isKnown, error] of [
      [false, 'relayNotFound'],
      [true, 'relayIntercepted'],
    ] as const) {
      line = memorySocketPair(clock);
      dial('client', false, isKnown);
      line.near.refuse(403);
      await clock.settle();
      assert.deepEqual(closed, [error]);
    }
  });

  it('is not called dead for a silence in which its own end stood still, and then is after another look', async () => {
    dial();
    await clock.advance(LINK_DEAD_AFTER_MS - 1000);
    clock.stall(30_000);
    await clock.advance(100);
    assert.deepEqual(closed, [], 'what came meanwhile has not been read');
    line.far.send(encodeLinkFrame({ type: 'heartbeat' }, 'client'));
    await clock.advance(LINK_DEAD_AFTER_MS - 1);
    assert.deepEqual(closed, [], 'it was there');
    clock.stall(30_000);
    await clock.advance(3_001);
    assert.deepEqual(closed, ['relaySilent'], 'silence after a look is silence');
  });

  it('reads the relay’s farewell, and says nothing after it was disposed', async () => {
    dial();
    await clock.settle();
    line.far.close(4402);
    await clock.settle();
    assert.deepEqual(closed, ['inviteRefused']);
    line = memorySocketPair(clock);
    dial();
    link.dispose();
    await clock.settle();
    assert.deepEqual(closed, []);
  });
});
