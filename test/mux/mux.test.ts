import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concatBytes } from '../../src/base/bytes.ts';
import type { MuxStream, StreamEnd } from '../../src/mux/muxStream.ts';
import { MAX_STREAMS, INITIAL_STREAM_WINDOW_BYTES, PING_INTERVAL_MS, PING_TIMEOUT_MS } from '../../src/protocol/limits.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { MuxPair } from '../fakes/muxPair.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

function makePair(seed = 1): { clock: FakeClock; pair: MuxPair; accepted: MuxStream[] } {
  const clock = new FakeClock();
  const pair = new MuxPair(clock, new SeededRandom(seed));
  const accepted: MuxStream[] = [];
  pair.device.onStream((stream) => accepted.push(stream));
  return { clock, pair, accepted };
}

function drain(stream: MuxStream | undefined): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let piece = stream?.read(); piece; piece = stream?.read()) parts.push(piece);
  return concatBytes(...parts);
}

function openOne(seed = 1) {
  const { clock, pair, accepted } = makePair(seed);
  pair.attach();
  const near = pair.client.openStream('chat');
  pair.flush();
  const far = accepted[0];
  assert.ok(far);
  return { clock, pair, near, far };
}

/** Says where they differ: what `deepEqual` tells of two long arrays takes it minutes to write. */
function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  assert.equal(at, -1, `byte ${String(at)} is another`);
  assert.equal(actual.length, expected.length);
}

describe('mux', () => {
  it('carries bytes both ways and forgets a stream that ended in both directions', async () => {
    const { clock, pair, near, far } = openOne();
    const ends: StreamEnd[] = [];
    near.onEnd((end) => ends.push(end));
    far.onEnd((end) => ends.push(end));
    near.write(Uint8Array.of(1, 2, 3));
    far.write(Uint8Array.of(4, 5));
    near.end();
    far.end();
    pair.flush();
    assert.deepEqual([...drain(far)], [1, 2, 3]);
    assert.deepEqual([...drain(near)], [4, 5]);
    await pair.settle(clock);
    assert.deepEqual(ends, [{ kind: 'finished' }, { kind: 'finished' }]);
    assert.equal(pair.client.streamCount + pair.device.streamCount, 0);
  });

  it('may be written to before the first attachment', () => {
    const { pair, accepted } = makePair();
    const near = pair.client.openStream('chat');
    near.write(Uint8Array.of(7));
    pair.attach();
    pair.flush();
    assert.deepEqual([...drain(accepted[0])], [7]);
  });

  it('never sends more than the reader granted, and goes on when it reads', () => {
    const { pair, near, far } = openOne();
    let offset = 0;
    while (near.isWritable) near.write(new Uint8Array(8192).fill(offset++));
    near.write(new Uint8Array(30_000));
    pair.flush();
    assert.equal(far.receiveSide.unreadBytes, INITIAL_STREAM_WINDOW_BYTES);
    let woken = 0;
    near.onWritable(() => woken++);
    const got = drain(far).length;
    pair.flush();
    assert.equal(got + drain(far).length, offset * 8192 + 30_000);
    assert.equal(woken, 1);
  });

  it('stops a writer that does not wait', () => {
    const { near } = openOne();
    assert.throws(() => {
      for (let i = 0; i < 100; i++) near.write(new Uint8Array(8192));
    }, TunnelError);
  });

  it('resets one stream on a breach of its window and keeps the others', () => {
    const { pair, near, far } = openOne();
    const other = pair.client.openStream('http');
    pair.flush();
    const ends: StreamEnd[] = [];
    near.onEnd((end) => ends.push(end));
    pair.device.receive([{ type: 'data', id: far.id, offset: 500, fin: false, bytes: Uint8Array.of(1) }]);
    pair.flush();
    assert.deepEqual(ends, [{ kind: 'reset', code: 'flowViolation' }]);
    other.write(Uint8Array.of(1));
    pair.flush();
    assert.equal(pair.device.streamCount, 1);
  });

  it('tells the peer to stop, again after a cut, until the peer ends', () => {
    const { pair, near, far } = openOne();
    let asked = 0;
    far.onStopRequested(() => {
      asked++;
      far.end();
    });
    near.stop();
    assert.ok(pair.client.pull(1000), 'on a line that is dead');
    pair.cut();
    pair.attach();
    pair.flush();
    assert.equal(asked, 1);
    assert.equal(near.isReadEnded, true);
  });

  it('repeats a reset after a cut and forgets the stream on both sides', () => {
    const { pair, near, far } = openOne();
    const ends: StreamEnd[] = [];
    far.onEnd((end) => ends.push(end));
    near.reset('cancelled');
    pair.client.pull(1000);
    pair.cut();
    pair.attach();
    pair.flush();
    assert.deepEqual(ends, [{ kind: 'reset', code: 'cancelled' }]);
    assert.equal(pair.client.streamCount + pair.device.streamCount, 0);
  });

  it('opens streams again in the order of their ids when their OPEN was lost and others came since', () => {
    const { pair, accepted } = makePair();
    pair.attach();
    pair.flush();
    for (let i = 0; i < 3; i++) pair.client.openStream('http');
    assert.ok(pair.client.pull(1000), 'on a line that is dead');
    pair.cut();
    pair.client.openStream('http').write(Uint8Array.of(4));
    pair.attach();
    pair.flush();
    assert.deepEqual(
      accepted.map(({ id }) => id),
      [1, 3, 5, 7],
    );
    assert.equal(pair.client.streamCount, 4);
  });

  it('forgets a stream that both ends reset at once, whichever of them the line lost', () => {
    const { pair, near, far } = openOne();
    near.reset('cancelled');
    far.reset('cancelled');
    assert.ok(pair.device.pull(1000), 'on a line that is dead');
    pair.cut();
    pair.attach();
    pair.flush();
    assert.equal(pair.client.streamCount + pair.device.streamCount, 0);
  });

  it('says that every stream is gone when the device has a new table, and opens new ones there', () => {
    const { pair, near } = openOne();
    const ends: StreamEnd[] = [];
    near.onEnd((end) => ends.push(end));
    pair.restartDevice();
    const seen: MuxStream[] = [];
    pair.device.onStream((stream) => seen.push(stream));
    const later = pair.client.openStream('chat');
    later.write(Uint8Array.of(9));
    pair.attach();
    pair.flush();
    assert.deepEqual(ends, [{ kind: 'reset', code: 'deviceRestarted' }]);
    assert.equal(seen.length, 1);
    assert.deepEqual([...drain(seen[0])], [9]);
  });

  it('refuses one stream more than it may and keeps the rest', () => {
    const { pair } = makePair();
    pair.attach();
    for (let i = 0; i < MAX_STREAMS; i++) pair.client.openStream('http');
    assert.throws(() => pair.client.openStream('http'), /tooManyStreams/);
    pair.flush();
    pair.device.receive([{ type: 'open', id: 2 * MAX_STREAMS + 1, kind: 'http' }]);
    assert.equal(pair.device.streamCount, MAX_STREAMS);
  });

  it('breaks the session on a second HELLO, an old one, and a frame before it', () => {
    const { pair } = makePair();
    pair.attach();
    assert.throws(() => {
      pair.device.receive([{ type: 'ping', token: 1 }]);
    }, /before HELLO/);
    pair.flush();
    const hello = {
      type: 'hello',
      muxId: pair.client.muxId,
      attempt: 1,
      incarnation: new Uint8Array(8),
      highestOpened: 0,
      streams: [],
    } as const;
    assert.throws(() => {
      pair.device.receive([hello]);
    }, /second HELLO/);
    pair.device.attach({ wake: () => undefined, onSilent: () => undefined });
    assert.throws(() => {
      pair.device.receive([hello]);
    }, /old HELLO/);
  });

  it('measures the round trip and notices a far end that is silent', async () => {
    const { clock, pair } = openOne();
    const rtts: number[] = [];
    pair.client.onRoundTrip((rtt) => rtts.push(rtt));
    pair.flush();
    await clock.advance(PING_INTERVAL_MS);
    await clock.advance(40);
    pair.flush();
    assert.deepEqual(rtts, [40]);
    await clock.advance(PING_INTERVAL_MS + PING_TIMEOUT_MS);
    assert.ok(pair.silent > 0);
    pair.client.dispose();
    pair.device.dispose();
    assert.equal(clock.pendingTimers, 0);
  });

  it('serves streams in turn, so that a long one does not hold up a short one', () => {
    const { pair, accepted } = makePair();
    pair.attach();
    const long = pair.client.openStream('blob');
    const short = pair.client.openStream('chat');
    pair.flush();
    long.write(new Uint8Array(60_000));
    short.write(Uint8Array.of(1));
    for (let i = 0; i < 8 && accepted[1]?.receiveSide.unreadBytes === 0; i++) pair.step();
    assert.equal(accepted[1]?.receiveSide.unreadBytes, 1);
    assert.ok((accepted[0]?.receiveSide.unreadBytes ?? 0) < 60_000);
  });

  it('leaves every stream its least window, however many others nobody reads', () => {
    const { pair } = makePair();
    pair.attach();
    pair.flush();
    for (let i = 0; i < 16; i++) pair.client.openStream('chat').write(new Uint8Array(INITIAL_STREAM_WINDOW_BYTES));
    pair.flush();
    const late = pair.client.openStream('chat');
    let heard = 0;
    pair.device.onStream((stream) => {
      stream.onReadable(() => {
        heard += stream.read()?.length ?? 0;
      });
    });
    late.write(new Uint8Array(100));
    pair.flush();
    assert.equal(heard, 100);
  });

  it('loses, repeats and reorders nothing, whatever is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = new SeededRandom(seed);
        const { clock, pair, accepted } = makePair(seed);
        const sent: Uint8Array[] = [];
        const got: Uint8Array[] = [];
        const back: Uint8Array[] = [];
        const heard: Uint8Array[] = [];
        const near = pair.client.openStream('chat');
        pair.attach();
        for (let i = 0; i < 300; i++) {
          const dice = random.int(10);
          const far = accepted[0];
          if (dice === 0) pair.cut();
          else if (dice === 1) {
            pair.cut();
            pair.attach();
          } else if (dice < 4 && near.isWritable) {
            const piece = random.bytes(1 + random.int(20_000));
            sent.push(piece);
            near.write(piece);
          } else if (dice < 6 && far?.isWritable) {
            const piece = random.bytes(1 + random.int(500));
            back.push(piece);
            far.write(piece);
          } else if (dice < 8) {
            for (let n = random.int(12); n > 0; n--) pair.step();
          } else if (random.float() < 0.7) {
            if (far) got.push(drain(far));
            heard.push(drain(near));
          }
        }
        near.end();
        pair.cut();
        pair.attach();
        for (let i = 0; i < 100; i++) {
          pair.flush();
          const far = accepted[0];
          if (!far) continue;
          far.end();
          got.push(drain(far));
          heard.push(drain(near));
        }
        await pair.settle(clock);
        assertSame(concatBytes(...got), concatBytes(...sent));
        assertSame(concatBytes(...heard), concatBytes(...back));
        assert.equal(accepted.length, 1);
        assert.equal(pair.client.streamCount + pair.device.streamCount, 0);
        pair.client.dispose();
        pair.device.dispose();
        assert.equal(clock.pendingTimers, 0);
      }),
      { numRuns: 60, endOnFailure: true }, // a smaller seed is not a simpler run
    );
  });
});
