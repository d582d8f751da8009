import assert from 'node:assert/strict';
import { onWake } from '../../src/tunnel/wakeWatch.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

describe('the watch for sleep', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });
  afterEach(() => {
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  it('notices within a second that the machine has slept, however long', async () => {
    const wokenAt: number[] = [];
    const watch = onWake(clock, () => wokenAt.push(clock.monotonic()));
    for (const sleptMs of [12_000, 5 * 60_000, 4 * 3_600_000]) {
      await clock.advance(1_500);
      wokenAt.length = 0;
      const from = clock.monotonic();
      clock.jumpWallClock(sleptMs);
      await clock.advance(10_000);
      assert.equal(wokenAt.length, 1, `${String(sleptMs)} ms of sleep`);
      assert.ok((wokenAt[0] ?? 0) - from <= 1_000);
    }
    watch.dispose();
  });

  it('takes no heed of a short nap, a clock set back, or time that simply goes by', async () => {
    let woken = 0;
    const watch = onWake(clock, () => woken++);
    await clock.advance(3_600_000);
    clock.jumpWallClock(9_000);
    await clock.advance(5_000);
    clock.jumpWallClock(-3_600_000);
    await clock.advance(5_000);
    watch.dispose();
    assert.equal(woken, 0);
  });

  it('has one timer for all who listen, and none when nobody does', async () => {
    const heard: string[] = [];
    const watches = ['a', 'b', 'c'].map((name) => onWake(clock, () => heard.push(name)));
    assert.equal(clock.pendingTimers, 1);
    clock.jumpWallClock(60_000);
    await clock.advance(1_000);
    assert.deepEqual(heard, ['a', 'b', 'c']);
    for (const watch of watches) watch.dispose();
    assert.equal(clock.pendingTimers, 0);
    clock.jumpWallClock(60_000);
    const later = onWake(clock, () => heard.push('d'));
    await clock.advance(5_000);
    assert.deepEqual(heard, ['a', 'b', 'c'], 'what was before it began to listen is nothing to it');
    later.dispose();
  });

  it('tells the others when one that is told stops listening', async () => {
    const heard: string[] = [];
    const first = onWake(clock, () => {
      heard.push('first');
      first.dispose();
    });
    const second = onWake(clock, () => heard.push('second'));
    clock.jumpWallClock(60_000);
    await clock.advance(1_000);
    second.dispose();
    assert.deepEqual(heard, ['first', 'second']);
  });
});
