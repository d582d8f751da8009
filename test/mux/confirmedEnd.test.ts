import assert from 'node:assert/strict';
import type { MuxStream, StreamEnd } from '../../src/mux/muxStream.ts';
import {
  CREDIT_STEP_BYTES,
  END_CREDIT_DELAY_MS,
  MAX_RECORD_FRAMES_BYTES,
  MAX_STREAMS,
  PING_INTERVAL_MS,
} from '../../src/protocol/limits.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { MuxPair } from '../fakes/muxPair.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

/** A HELLO and a PING each way, and a PONG each. */
const RECORDS_OF_ATTACH = 4;

function attached(): { clock: FakeClock; pair: MuxPair; accepted: MuxStream[] } {
  const clock = new FakeClock();
  const pair = new MuxPair(clock, new SeededRandom(1));
  const accepted: MuxStream[] = [];
  pair.device.onStream((stream) => accepted.push(stream));
  pair.attach();
  pair.flush();
  return { clock, pair, accepted };
}

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

  it('is confirmed along with what is said next: a request and its short answer are one record each, however they follow', async () => {
    const { clock, pair, accepted } = attached();
    for (let calls = 1; calls <= 8; calls++) {
      const near = pair.client.openStream('http');
      near.write(Uint8Array.of(1));
      near.end();
      pair.flush();
      const far = accepted[calls - 1];
      assert.ok(far);
      assert.deepEqual(far.read(), Uint8Array.of(1));
      pair.flush();
      far.write(Uint8Array.of(2));
      far.end();
      pair.flush();
      assert.deepEqual(near.read(), Uint8Array.of(2));
      pair.flush();
      assert.equal(pair.records, RECORDS_OF_ATTACH + 2 * calls);
      assert.equal(pair.client.streamCount, 1, 'those before are forgotten');
      // less than it waits: no older wait may end this one's
      await clock.advance(END_CREDIT_DELAY_MS * 0.6);
      pair.flush();
    }
    pair.client.dispose();
    pair.device.dispose();
    assert.equal(clock.pendingTimers, 0);
  });

  it('is confirmed by itself when nothing is said within 10 ms', async () => {
    const { clock, pair, accepted } = attached();
    const near = pair.client.openStream('http');
    near.end();
    pair.flush();
    accepted[0]?.end();
    await clock.advance(END_CREDIT_DELAY_MS - 1);
    const before = pair.records;
    pair.flush();
    assert.equal(pair.records, before + 1, 'the end alone');
    assert.equal(pair.device.streamCount, 1);
    await clock.advance(END_CREDIT_DELAY_MS);
    pair.flush();
    assert.equal(pair.client.streamCount + pair.device.streamCount, 0);
    pair.client.dispose();
    pair.device.dispose();
    assert.equal(clock.pendingTimers, 0);
  });

  it('is confirmed at once where the sender may count on what was read', () => {
    const { pair, accepted } = attached();
    const near = pair.client.openStream('http');
    near.write(new Uint8Array(CREDIT_STEP_BYTES));
    near.end();
    pair.flush();
    accepted[0]?.read();
    const before = pair.records;
    pair.flush();
    assert.equal(pair.records, before + 1);
  });

  it('is confirmed at once where streams may run out', () => {
    const { pair, accepted } = attached();
    for (let opened = 0; opened <= MAX_STREAMS / 2; opened++) {
      const near = pair.client.openStream('http');
      near.write(Uint8Array.of(1));
      near.end();
    }
    pair.flush();
    const before = pair.records;
    for (const stream of accepted) stream.read();
    pair.flush();
    assert.equal(accepted.length, MAX_STREAMS / 2 + 1);
    assert.equal(pair.records, before + 1);
  });
});
