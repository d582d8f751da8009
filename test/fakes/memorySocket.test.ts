import assert from 'node:assert/strict';
import { FakeClock } from './fakeClock.ts';
import { memorySocketPair } from './memorySocket.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('the socket pair in memory', () => {
  it('delivers whole messages in order, never from inside send', async () => {
    const clock = new FakeClock();
    const { near, far } = memorySocketPair(clock);
    near.send(bytes(1));
    near.send(bytes(2, 3));
    assert.equal(far.received.length, 0);
    assert.equal(near.backlogBytes, 3);
    await clock.settle();
    assert.deepEqual(far.received, [bytes(1), bytes(2, 3)]);
    assert.equal(near.backlogBytes, 0);
  });

  it('keeps a paused reader’s messages in the sender’s backlog and tells it when they leave', async () => {
    const clock = new FakeClock();
    const { near, far } = memorySocketPair(clock);
    let drained = 0;
    near.listen({ onDrain: () => drained++ });
    far.pause();
    near.send(bytes(1, 2));
    await clock.settle();
    assert.equal(near.backlogBytes, 2);
    assert.equal(drained, 0);
    far.resume();
    await clock.settle();
    assert.equal(near.backlogBytes, 0);
    assert.equal(drained, 1);
  });

  it('sends what was queued before a close, then tells both ends the code', async () => {
    const clock = new FakeClock();
    const { near, far } = memorySocketPair(clock);
    near.send(bytes(7));
    near.close(4600);
    near.send(bytes(8));
    await clock.settle();
    assert.deepEqual(far.received, [bytes(7)]);
    assert.deepEqual([near.closeCode, far.closeCode], [4600, 4600]);
  });

  it('cuts for both ends, and for one alone', async () => {
    const clock = new FakeClock();
    const both = memorySocketPair(clock);
    both.cut();
    const one = memorySocketPair(clock);
    one.near.loseLine();
    one.far.send(bytes(1));
    await clock.settle();
    assert.deepEqual([both.near.closeCode, both.far.closeCode], [1006, 1006]);
    assert.deepEqual([one.near.closeCode, one.far.closeCode, one.far.backlogBytes], [1006, undefined, 1]);
  });
});
