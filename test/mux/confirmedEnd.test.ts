import assert from 'node:assert/strict';
import type { MuxStream, StreamEnd } from '../../src/mux/muxStream.ts';
import { MAX_RECORD_FRAMES_BYTES, PING_INTERVAL_MS } from '../../src/protocol/limits.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { MuxPair } from '../fakes/muxPair.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

describe('end of a stream', () => {
  it('is not confirmed by a CREDIT for its last byte that was said before the end had come', async () => {
    const clock = new FakeClock();
    const pair = new MuxPair(clock, new SeededRandom(1));
    const accepted: MuxStream[] = [];
    pair.device.onStream((stream) => accepted.push(stream));
    pair.attach();
    const near = pair.client.openStream('http');
    near.end();
    pair.flush();
    const [far] = accepted;
    assert.ok(far);
    far.write(Uint8Array.of(1, 2));
    pair.flush();
    assert.deepEqual(near.read(), Uint8Array.of(1, 2));
    pair.flush();
    // The bare end is lost on the way, and what the client repeats with its PING knows nothing of it.
    far.end();
    assert.ok(pair.device.pull(MAX_RECORD_FRAMES_BYTES));
    await clock.advance(PING_INTERVAL_MS);
    pair.flush();
    const ends: StreamEnd[] = [];
    near.onEnd((end) => ends.push(end));
    pair.cut();
    pair.attach();
    pair.flush();
    assert.deepEqual(ends, [{ kind: 'finished' }]);
    assert.equal(pair.client.streamCount + pair.device.streamCount, 0);
  });
});
